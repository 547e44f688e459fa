#include <algorithm>
#include <functional>
#include <tuple>
#include <unordered_map>

#include "model/json_position.hpp"
#include "model/lock_keys.hpp"
#include "model/lock_read.hpp"
#include "model/lock_rules.hpp"
#include "model/lock_urls.hpp"
#include "model/lockfile.hpp"
#include "model/text.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

/// A channel of the lock and its absolute URLs, by name.
struct Place {
  std::string lock_url;
  std::string absolute;
};
struct ChannelPlaces {
  Place main;
  std::vector<Place> bases;
};
using Channels = std::unordered_map<std::string_view, ChannelPlaces>;

/// Marks of a merge that was not finished: they can only stand where a line starts, and never in
/// JSON.
void refuse_conflict_marks(std::string_view text, const std::string& file) {
  std::size_t first = std::string_view::npos;
  for (const std::string_view mark : {"<<<<<<<", "|||||||", "=======", ">>>>>>>"}) {
    const std::size_t at =
        text.substr(0, mark.size()) == mark ? 0 : text.find("\n" + std::string(mark));
    if (at != std::string_view::npos) first = std::min(first, at == 0 ? 0 : at + 1);
  }
  if (first == std::string_view::npos) return;
  throw InputError(SourcePlace{file, line_of_offset(text, first), 0},
                   "found the marks of a merge conflict",
                   "settle environment.yml, then lock again: git checkout --ours -- " + file +
                       " && envlock solve && git add -- " + file);
}

/// First of all, since a lock of a later version may have keys that are unknown here.
void check_version(const JsonNode& root) {
  bool seen = false;
  root.for_each_member([&](std::string_view key, const JsonNode& node) {
    if (key != "lockfile_version") return;
    seen = true;
    const std::uint64_t version = node.unsigned_integer();
    if (version == Lockfile::current_version) return;
    node.fail("expected version " + std::to_string(Lockfile::current_version) + ", found " +
                  std::to_string(version),
              "use an envlock that knows this version, or lock again with 'envlock solve'");
  });
  if (!seen) root.fail("'lockfile_version' is missing: this is no lockfile of envlock");
}

Place read_place(const JsonNode& node, const Url& lock_folder) {
  Place place{node.text(), {}};
  auto absolute = absolute_url(place.lock_url, lock_folder);
  if (!absolute) {
    node.fail_expected(
        "a canonical http or https URL without credentials, or './PATH' or '../PATH' from the "
        "lock's folder");
  }
  place.absolute = std::move(*absolute);
  return place;
}

Channels read_channels(const JsonNode& map, const Url& lock_folder, Lockfile& lock) {
  Channels places;
  map.for_each_member([&](std::string_view name, const JsonNode& node) {
    const JsonObject object(node, lock_keys::channel);
    if (lock.channels.size() == max_lock_channels) map.fail("more channels than any lock has");
    LockChannel channel;
    channel.name = std::string(name);
    ChannelPlaces& place = places[name];
    place.main = read_place(object.at("url"), lock_folder);
    channel.url = place.main.lock_url;
    channel.trust = object.at("trust").non_empty_text();
    if (const auto bases = object.find("base_urls")) {
      bases->for_each_item([&](const JsonNode& base) {
        place.bases.push_back(read_place(base, lock_folder));
        channel.base_urls.push_back(place.bases.back().lock_url);
      });
    }
    lock.channels.push_back(std::move(channel));
  });
  std::sort(lock.channels.begin(), lock.channels.end(),
            [](const LockChannel& a, const LockChannel& b) { return a.name < b.name; });
  return places;
}

/// True where `rest` is "/SUBDIR/FN", and nothing of it needs percent-encoding: so are nearly all,
/// and subdir and file name were judged already.
bool is_usual(std::string_view rest, const PackageRecord& record) {
  const std::string& fn = record.fn;
  const std::size_t slash = record.subdir.size() + 1;
  const auto is_unreserved = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  };
  return rest.size() == slash + 1 + fn.size() && rest.front() == '/' && rest[slash] == '/' &&
         rest.substr(1, record.subdir.size()) == record.subdir && rest.substr(slash + 1) == fn &&
         std::all_of(fn.begin(), fn.end(), is_unreserved);
}

/// The absolute form of a package's URL: under its channel, canonical, its last part the file name.
std::string read_package_url(const JsonNode& node, const PackageRecord& record,
                             const ChannelPlaces& channel) {
  const std::string_view text = node.view();
  const auto rest_under = [&](const Place& place) -> std::string_view {
    const std::string& base = place.lock_url;
    const bool under = text.size() > base.size() + 1 && text.substr(0, base.size()) == base &&
                       text[base.size()] == '/';
    return under ? text.substr(base.size()) : std::string_view();
  };
  std::string_view rest = rest_under(channel.main);
  if (is_usual(rest, record)) return channel.main.absolute + std::string(rest);
  const Place* base = &channel.main;
  for (const Place& other : channel.bases) {
    if (!rest.empty()) break;
    rest = rest_under(other);
    base = &other;
  }
  if (rest.empty()) {
    node.fail_expected("a URL under that of its channel, '" + channel.main.lock_url + "'");
  }
  if (!is_local_reference("." + std::string(rest))) node.fail_expected("a canonical URL");
  if (percent_decode(rest.substr(rest.rfind('/') + 1)) != record.fn) {
    node.fail_expected("a URL that ends with '" + percent_encode_segment(record.fn) + "'");
  }
  return base->absolute + std::string(rest);
}

void check_file_name(const JsonNode& node) {
  const std::string_view fn = node.view();
  const auto ends_with = [&](std::string_view end) {
    return fn.size() > end.size() && fn.substr(fn.size() - end.size()) == end;
  };
  const bool plain = fn.find('/') == std::string_view::npos &&
                     fn.find('\\') == std::string_view::npos && fn.front() != '.';
  if (!plain || (!ends_with(".conda") && !ends_with(".tar.bz2"))) {
    node.fail_expected("the name of a '.conda' or '.tar.bz2' file");
  }
}

NoArch read_noarch(const JsonNode& node) {
  for (const NoArch kind : {NoArch::generic, NoArch::python}) {
    if (node.view() == to_string(kind)) return kind;
  }
  node.fail_expected("'generic' or 'python'");
}

/// What a package may go without.
void read_optional_fields(const JsonObject& object, LockedPackage& package) {
  PackageRecord& record = package.record;
  if (const auto node = object.find("md5")) record.md5 = node->md5();
  if (const auto node = object.find("size")) record.size = node->unsigned_integer();
  if (const auto node = object.find("timestamp")) record.timestamp_ms = node->integer();
  if (const auto node = object.find("indexed_timestamp")) {
    record.indexed_timestamp_ms = node->integer();
  }
  record.license = text_or_empty(object, "license");
  record.depends = texts_or_empty(object, "depends");
  record.constrains = texts_or_empty(object, "constrains");
  record.track_features = texts_or_empty(object, "track_features");
  if (const auto node = object.find("noarch")) record.noarch = read_noarch(*node);
  record.python_site_packages_path = text_or_empty(object, "python_site_packages_path");
  package.requested = flag(object, "requested");
  package.signed_by = texts_or_empty(object, "signed_by");
}

/// CEP 26's form is not enforced, since channels break it; but no spec could ask for a name with
/// other characters than these, so somebody wrote it there.
std::string read_package_name(const JsonNode& node) {
  const std::string name = node.non_empty_text();
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '/' && c != '\\';
  });
  if (!is_plain)
    node.fail_expected("a package name, without white space, slashes or control characters");
  return name;
}

LockedPackage read_package(const JsonNode& node, const Platform& platform,
                           const Channels& channels) {
  const JsonObject object(node, lock_keys::package);
  LockedPackage package;
  PackageRecord& record = package.record;
  record.name = read_package_name(object.at("name"));
  record.version = object.at("version").text();  // judged in lock_rules.cpp, each text once
  record.build = object.at("build").text();
  record.build_number = object.at("build_number").unsigned_integer();
  const JsonNode subdir = object.at("subdir");
  record.subdir = subdir.text();
  if (record.subdir != platform.subdir() && record.subdir != "noarch") {
    subdir.fail_expected("'" + platform.subdir() + "' or 'noarch'");
  }
  const JsonNode channel = object.at("channel");
  package.channel = channel.text();
  const auto place = channels.find(package.channel);
  if (place == channels.end()) channel.fail_expected("a key of 'channels'");
  record.channel_url = place->second.main.absolute;
  const JsonNode fn = object.at("fn");
  record.fn = fn.non_empty_text();
  check_file_name(fn);
  record.url = read_package_url(object.at("url"), record, place->second);
  record.sha256 = object.at("sha256").sha256();
  read_optional_fields(object, package);
  return package;
}

/// Of the versions of PEP 440, and of those before it.
bool is_version_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view(".!+-_*").find(c) != std::string_view::npos;
}

LockedPypi read_pypi(const JsonNode& node) {
  const JsonObject object(node, lock_keys::pypi);
  LockedPypi package;
  package.name = object.at("name").non_empty_text();
  // Both become lines of what pip is asked: no option, and no line of its own.
  if (!is_project_key(project_key(package.name)))
    object.at("name").fail_expected("the name of a Python project");
  package.version = object.at("version").non_empty_text();
  if (!std::ranges::all_of(package.version, is_version_char))
    object.at("version").fail_expected("a version of Python's packages");
  package.url = text_or_empty(object, "url");
  package.path = text_or_empty(object, "path");
  if (package.url.empty() == package.path.empty()) node.fail("expected either 'url' or 'path'");
  if (!package.url.empty()) {
    const auto url = Url::parse(package.url);
    const bool is_remote = url && !url->has_credentials() && !url->is_file();
    if (!is_remote && !is_local_reference(package.url)) {
      object.at("url").fail_expected(
          "an http or https URL without credentials, or './PATH' from the lock's folder");
    }
  } else if (!is_local_reference(package.path)) {
    object.at("path").fail_expected("'./PATH' or '../PATH' from the lock's folder");
  }
  if (const auto digest = object.find("sha256")) package.sha256 = digest->sha256();
  if (const auto size = object.find("size")) package.size = size->unsigned_integer();
  if (const auto digest = object.find("metadata_sha256")) {
    package.metadata_sha256 = digest->sha256().hex();
  }
  const bool has_digest = package.url.empty() ? !package.metadata_sha256.empty() : !!package.sha256;
  if (!has_digest) {
    node.fail(package.url.empty() ? "'metadata_sha256' is missing" : "'sha256' is missing");
  }
  package.requires_dist = texts_or_empty(object, "requires");
  package.requested = flag(object, "requested");
  return package;
}

LockPlatform read_platform_content(const JsonNode& node, const Platform& platform,
                                   const Channels& channels) {
  const JsonObject object(node, lock_keys::platform);
  LockPlatform content;
  content.virtual_packages = read_virtual_packages(object.at("virtual_packages"));
  const JsonNode packages = object.at("packages");
  content.packages.reserve(packages.item_count());
  packages.for_each_item([&](const JsonNode& package) {
    content.packages.push_back(read_package(package, platform, channels));
  });
  if (const auto pypi = object.find("pypi")) {
    pypi->for_each_item(
        [&](const JsonNode& package) { content.pypi.push_back(read_pypi(package)); });
  }
  return content;
}

/// A lock that was not merged by hand is in order: moving all its packages would cost more than all
/// else here.
template <class Item, class Less>
void sort_where_needed(std::vector<Item>& items, Less less) {
  if (!std::is_sorted(items.begin(), items.end(), less)) {
    std::sort(items.begin(), items.end(), less);
  }
}

void sort_content(LockPlatform& content) {
  sort_where_needed(content.virtual_packages, std::less<>());
  sort_where_needed(content.packages, [](const LockedPackage& a, const LockedPackage& b) {
    return a.record.name < b.record.name;  // no name is there twice
  });
  sort_where_needed(content.pypi, [](const LockedPypi& a, const LockedPypi& b) {
    return std::tie(a.name, a.version, a.url, a.path) < std::tie(b.name, b.version, b.url, b.path);
  });
}

Lockfile read_content(const JsonNode& root, const std::string& lock_dir) {
  const JsonObject object(root, lock_keys::lock);
  Lockfile lock;
  const JsonNode origin = object.at("origin");
  lock.origin = origin.text();
  if (lock.origin != "solved" && lock.origin != "adopted") {
    origin.fail_expected("'solved' or 'adopted'");
  }
  lock.complete = object.at("complete").boolean();
  lock.incomplete = texts_or_empty(object, "incomplete");
  lock.inputs = read_lock_inputs(object.at("inputs"));
  const JsonNode digest = object.at("inputs_sha256");
  if (const std::string right = inputs_sha256(lock.inputs); digest.sha256().hex() != right) {
    digest.fail(
        "'inputs' was edited by hand: expected '" + right + "', found '" + digest.text() + "'",
        make_anew_hint(digest.place().file));
  }
  const Channels channels = read_channels(object.at("channels"), Url::from_path(lock_dir), lock);
  object.at("platforms").for_each_member([&](std::string_view key, const JsonNode& node) {
    const Platform platform = read_platform(key, node);
    if (lock.platforms.size() == max_lock_platforms) node.fail("more platforms than any lock has");
    lock.platforms.emplace(platform, read_platform_content(node, platform, channels));
  });
  if (const auto variables = object.find("variables")) {
    variables->for_each_member([&](std::string_view name, const JsonNode& value) {
      lock.variables.emplace(name, value.text());
    });
  }
  return lock;
}

}  // namespace

std::string make_anew_hint(std::string_view file) {
  const std::string path(file);
  return "restore it (git checkout -- " + path + ") or delete it, then run 'envlock solve'";
}

Lockfile read_lockfile(std::string_view json, const std::string& path,
                       const std::string& lock_dir) {
  std::optional<JsonDocument> document;
  try {
    document.emplace(json, path);
  } catch (const InputError&) {
    refuse_conflict_marks(json, path);
    throw;
  }
  const JsonNode root = document->root();
  check_version(root);
  Lockfile lock = read_content(root, lock_dir);
  judge_lock(lock, json, path);
  for (auto& [platform, content] : lock.platforms) sort_content(content);
  return lock;
}

}  // namespace envlock
