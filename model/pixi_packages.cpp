#include "model/pixi_packages.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "model/text.hpp"
#include "model/time.hpp"
#include "model/url.hpp"

namespace envlock {
namespace {

/// Keys that say nothing which envlock needs: features of conda 4, what can be derived, and what
/// only pixi itself uses.
constexpr std::array<std::string_view, 16> unused_conda_keys{"kind",
                                                             "arch",
                                                             "platform",
                                                             "features",
                                                             "extra_depends",
                                                             "flags",
                                                             "variants",
                                                             "run_exports",
                                                             "sources",
                                                             "legacy_bz2_md5",
                                                             "package_build_source",
                                                             "input",
                                                             "url",
                                                             "legacy_bz2_size",
                                                             "path",
                                                             "conda"};
constexpr std::array<std::string_view, 8> unused_pypi_keys{"kind",  "url",  "path",   "pypi",
                                                           "index", "size", "extras", "hash"};
/// More entries of one location than any real lock has: they are compared one by one.
constexpr std::size_t max_variants = 256;

template <std::size_t Size>
bool is_one_of(std::string_view word, const std::array<std::string_view, Size>& words) {
  return std::ranges::find(words, word) != words.end();
}

bool is_archive(std::string_view location) noexcept {
  return location.ends_with(".conda") || location.ends_with(".tar.bz2");
}

std::string shown(std::string_view location) {
  return '\'' + printable(redact_urls(location), 200) + '\'';
}

}  // namespace

void PixiPackages::read(const YamlNode& list) {
  for (const YamlNode* node : yaml_.list(list, "'packages'")) read_entry(*node);
  lock_.unread_keys.assign(unread_.begin(), unread_.end());
}

/// Versions 4 and 5 say `kind` and `url` or `path`; later ones have the location under the kind.
PixiPackages::Location PixiPackages::locate(const YamlNode& node) const {
  yaml_.require_mapping(node, "a package");
  Location out;
  std::string kind;
  for (const YamlEntry& entry : node.entries) {
    const bool names_kind =
        entry.key == "conda" || entry.key == "pypi" || entry.key == "conda_source";
    const bool old_place = version_ < 6 && (entry.key == "url" || entry.key == "path");
    if (version_ < 6 && entry.key == "kind") kind = yaml_.text(entry.value, "'kind'");
    if (!names_kind && !old_place) continue;
    if (out.entry != nullptr)
      throw InputError(yaml_.place(entry),
                       "a second location, '" + entry.key + "' after '" + out.entry->key + "'");
    out.entry = &entry;
    if (names_kind) kind = entry.key;
    out.text = yaml_.text(entry.value, "'" + entry.key + "'");
  }
  if (out.entry == nullptr)
    throw InputError(yaml_.place(node), "a package without a location",
                     "each has a key 'conda' or 'pypi' with its URL or path");
  if (kind != "conda" && kind != "pypi" && kind != "conda_source")
    throw InputError(yaml_.place(node), "a package of the kind '" + printable(kind, 40) +
                                            "': envlock knows conda and pypi");
  out.kind = kind == "pypi"                                    ? Kind::pypi
             : kind == "conda_source" || !is_archive(out.text) ? Kind::source
                                                               : Kind::conda;
  out.key = (kind == "pypi" ? "p " : "c ") + out.text;
  return out;
}

void PixiPackages::read_entry(const YamlNode& node) {
  require_room(lock_.packages.size() + lock_.pypi.size() + lock_.sources.size(), yaml_.place(node));
  const Location location = locate(node);
  switch (location.kind) {
    case Kind::conda:
      return read_conda(node, location);
    case Kind::pypi:
      return read_pypi(node, location);
    case Kind::source:
      return read_source(node, location);
  }
}

void PixiPackages::skip(const YamlEntry& entry, bool known) {
  if (known || unread_.size() >= 100) return;
  unread_.insert(printable(entry.key, 100));
}

void PixiPackages::read_conda(const YamlNode& node, const Location& location) {
  const SourcePlace place = yaml_.place(node);
  ForeignPackage package;
  package.line = place.line;
  PackageRecord& record = package.record;
  record.url = foreign_url(location.text, yaml_.place(*location.entry), "the location",
                           &package.credentials_left_out);
  record.subdir = subdir_in_url(record.url);
  bool noarch = false;
  bool number = false;
  for (const YamlEntry& entry : node.entries) {
    if (entry.key == "build_number") {
      record.build_number = read_count(yaml_, entry.value, "'build_number'");
      number = true;
    } else if (!read_conda_field(entry, package, noarch)) {
      skip(entry, is_one_of(entry.key, unused_conda_keys));
    }
  }
  fill_from_url(record, place);
  if (!number) record.build_number = build_number_of(record.build);
  if (!noarch) record.noarch = derived_noarch(record);
  require_sound(record, place);
  // Version 4 has an entry of a noarch package for each platform.
  if (const ForeignPackage* const first = same_location(location)) {
    if (first->record == record && first->purls == package.purls) return;
    if (label_of(first->record) == label_of(record))
      throw InputError(place, "a second package of the location " + shown(location.text) +
                                  ", which differs from the one in line " +
                                  std::to_string(first->line));
  }
  remember(location, {Kind::conda, lock_.packages.size()}, node);
  lock_.packages.push_back(std::move(package));
}

const ForeignPackage* PixiPackages::same_location(const Location& location) const {
  const auto known = places_.find(location.key);
  return known == places_.end() ? nullptr : &lock_.packages[known->second.front().index];
}

bool PixiPackages::read_conda_field(const YamlEntry& entry, ForeignPackage& package,
                                    bool& noarch) const {
  PackageRecord& record = package.record;
  const std::string what = "'" + entry.key + "'";
  const YamlNode& value = entry.value;
  const bool null = value.kind == YamlNode::Kind::null;
  if (entry.key == "name") {
    record.name = to_lower(yaml_.text(value, what));
  } else if (entry.key == "version") {
    record.version = yaml_.text(value, what);
  } else if (entry.key == "build") {
    if (!null && !value.text.empty()) record.build = yaml_.text(value, what);
  } else if (entry.key == "subdir") {
    // Version 4 calls noarch packages by the platform of the environment: the folder counts.
    if (record.subdir.empty()) record.subdir = yaml_.text(value, what);
  } else if (entry.key == "file_name") {
    record.fn = yaml_.text(value, what);
  } else if (entry.key == "noarch") {
    noarch = true;
    const std::string text = null ? "false" : yaml_.text(value, what);
    if (text == "python") {
      record.noarch = NoArch::python;
    } else if (text == "generic" || text == "true") {
      record.noarch = NoArch::generic;
    } else if (text != "false" && text != "none") {
      throw InputError(yaml_.place(value),
                       what + ": expected python or generic, found '" + printable(text, 40) + "'");
    }
  } else if (entry.key == "sha256") {
    if (!null) record.sha256 = read_sha256(yaml_, value);
  } else if (entry.key == "md5") {
    if (!null) record.md5 = read_md5(yaml_, value);
  } else if (entry.key == "depends") {
    record.depends = read_texts(yaml_, value, what);
  } else if (entry.key == "constrains") {
    record.constrains = read_texts(yaml_, value, what);
  } else if (entry.key == "channel") {
    if (!null) record.channel_url = foreign_url(yaml_.text(value, what), yaml_.place(value), what);
  } else if (entry.key == "track_features") {
    record.track_features = value.kind == YamlNode::Kind::scalar
                                ? std::vector<std::string>{yaml_.text(value, what)}
                                : read_texts(yaml_, value, what);
  } else if (entry.key == "license") {
    if (!null) record.license = yaml_.text(value, what);
  } else if (entry.key == "license_family") {
    if (!null) record.license_family = yaml_.text(value, what);
  } else if (entry.key == "purls") {
    package.purls = read_texts(yaml_, value, what);
  } else if (entry.key == "size") {
    if (!null) record.size = read_count(yaml_, value, what);
  } else if (entry.key == "timestamp") {
    const std::uint64_t time = null ? 0 : read_count(yaml_, value, what);
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (!null)
      record.timestamp_ms = timestamp_to_ms(static_cast<std::int64_t>(std::min(time, most)));
  } else if (entry.key == "python_site_packages_path") {
    if (!null) record.python_site_packages_path = yaml_.text(value, what);
  } else {
    return false;
  }
  return true;
}

void PixiPackages::read_pypi(const YamlNode& node, const Location& location) {
  ForeignPypi package;
  package.line = node.line;
  package.location = foreign_location(location.text, yaml_.place(*location.entry));
  for (const YamlEntry& entry : node.entries) {
    const std::string what = "'" + entry.key + "'";
    const bool null = entry.value.kind == YamlNode::Kind::null;
    if (entry.key == "name") {
      package.name = yaml_.text(entry.value, what);
    } else if (entry.key == "version") {
      if (!null) package.version = yaml_.text(entry.value, what);
    } else if (entry.key == "sha256") {
      if (!null) package.sha256 = read_sha256(yaml_, entry.value);
    } else if (entry.key == "md5") {
      if (!null) package.md5 = read_md5(yaml_, entry.value);
    } else if (entry.key == "requires_dist") {
      package.requires_dist = read_texts(yaml_, entry.value, what);
    } else if (entry.key == "requires_python") {
      if (!null) package.requires_python = yaml_.text(entry.value, what);
    } else if (entry.key == "editable") {
      package.editable = yaml_.boolean(entry.value, what);
    } else {
      skip(entry, is_one_of(entry.key, unused_pypi_keys));
    }
  }
  if (package.name.empty()) throw InputError(yaml_.place(node), "a PyPI package without 'name'");
  remember(location, {Kind::pypi, lock_.pypi.size()}, node);
  lock_.pypi.push_back(std::move(package));
}

/// "NAME[HASH] @ LOCATION" in version 7; a path or URL with a `name` beside it before that.
void PixiPackages::read_source(const YamlNode& node, const Location& location) {
  ForeignSource source;
  source.line = node.line;
  source.location = location.text;
  if (const std::size_t at = location.text.find(" @ "); at != std::string::npos) {
    source.name = location.text.substr(0, std::min(location.text.find('['), at));
    source.location = location.text.substr(at + 3);
  }
  source.location = foreign_location(source.location, yaml_.place(*location.entry));
  for (const YamlEntry& entry : node.entries) {
    if (entry.key == "name") source.name = yaml_.text(entry.value, "'name'");
  }
  remember(location, {Kind::source, lock_.sources.size()}, node);
  lock_.sources.push_back(std::move(source));
}

/// Two entries of one location differ in a field that an environment can select by; for packages
/// that are built that may be one which envlock does not read.
void PixiPackages::remember(const Location& location, Place place, const YamlNode& node) {
  std::vector<Place>& known = places_[location.key];
  if (known.size() >= max_variants)
    throw InputError(yaml_.place(node), "more than " + std::to_string(max_variants) +
                                            " packages of the location " + shown(location.text));
  if (place.kind == Kind::pypi && !known.empty())
    throw InputError(yaml_.place(node), "a second package of the location " + shown(location.text) +
                                            ": the first one is in line " +
                                            std::to_string(lock_.pypi[known.front().index].line));
  known.push_back(place);
}

/// True where what `item` says besides the location is so.
bool PixiPackages::fits(const YamlNode& item, const Place& place) const {
  if (place.kind != Kind::conda) return true;
  const PackageRecord& record = lock_.packages[place.index].record;
  return std::ranges::all_of(item.entries, [&](const YamlEntry& entry) {
    const std::string& text = entry.value.text;
    if (entry.key == "name") return to_lower(text) == record.name;
    if (entry.key == "version") return text == record.version;
    if (entry.key == "build") return text == record.build;
    return true;
  });
}

void PixiPackages::select(const YamlNode& item, ForeignPlatform& platform) const {
  const Location location = locate(item);
  const SourcePlace place = yaml_.place(item);
  const auto known = places_.find(location.key);
  std::vector<Place> found;
  if (known != places_.end()) {
    std::ranges::copy_if(known->second, std::back_inserter(found),
                         [&](const Place& candidate) { return fits(item, candidate); });
  }
  if (found.empty())
    throw InputError(place, "'packages' has no entry for " + shown(location.text),
                     "make the lock anew with 'pixi lock'");
  if (found.size() > 1 && location.kind == Kind::conda)
    throw InputError(place, "'packages' has several entries for " + shown(location.text));
  const std::size_t index = found.front().index;
  switch (location.kind) {
    case Kind::conda:
      require_platform(lock_.packages[index], *platform.platform, place);
      platform.packages.push_back(index);
      break;
    case Kind::pypi:
      platform.pypi.push_back(index);
      break;
    case Kind::source:
      platform.sources.push_back(index);
      break;
  }
}

}  // namespace envlock
