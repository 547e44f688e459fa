#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "model/foreign_fields.hpp"
#include "model/text.hpp"
#include "model/url.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 3> root_keys{"version", "metadata", "package"};
constexpr std::array<std::string_view, 8> metadata_keys{
    "content_hash",  "channels",     "platforms",       "sources",
    "time_metadata", "git_metadata", "inputs_metadata", "custom_metadata"};
constexpr std::array<std::string_view, 12> package_keys{
    "name", "version",  "manager",  "platform", "dependencies", "url",
    "hash", "optional", "category", "source",   "build",        "constrains"};
constexpr std::array<std::string_view, 2> channel_keys{"url", "used_env_vars"};
constexpr std::array<std::string_view, 2> hash_keys{"md5", "sha256"};
/// Both are gone through for each package.
constexpr std::size_t max_platforms = 1000;
constexpr std::size_t max_categories = 1000;

/// Reads the form that CEP 37 gives conda-lock.yml, and mamba's `constrains`. conda-lock itself
/// refuses unknown keys, too.
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file), yaml_(file, "a conda-lock.yml") {
    lock_.format = ForeignFormat::conda_lock;
  }

  ForeignLock read(std::string_view text) {
    const YamlNode root = parse_yaml(text, file_, foreign_yaml_limits());
    yaml_.require_root(root);
    for (const YamlEntry& entry : root.entries) {
      if (entry.key == "version") check_version(entry.value);
    }
    const YamlNode* packages = nullptr;
    bool metadata = false;
    for (const YamlEntry& entry : root.entries) {
      if (entry.key == "metadata") {
        read_metadata(entry.value);
        metadata = true;
      } else if (entry.key == "package") {
        packages = &entry.value;
      } else if (entry.key != "version") {
        yaml_.refuse_key(entry, "a conda-lock.yml", root_keys);
      }
    }
    if (!metadata) throw InputError(SourcePlace{file_}, "the key 'metadata' is missing");
    if (packages == nullptr) throw InputError(SourcePlace{file_}, "the key 'package' is missing");
    for (const YamlNode* package : yaml_.list(*packages, "'package'")) read_package(*package);
    lock_.environments.push_back(std::move(environment_));
    return std::move(lock_);
  }

 private:
  /// The parts of an entry that are not its record.
  struct Entry {
    std::string name, manager;
    const YamlNode* platform = nullptr;
    std::string category = "main";
    ForeignPackage conda;
    ForeignPypi pypi;
  };

  void check_version(const YamlNode& node) const {
    const std::uint64_t version = read_count(yaml_, node, "'version'");
    if (version != 1)
      throw InputError(
          yaml_.place(node),
          "conda-lock.yml of version " + std::to_string(version) + ": envlock reads version 1",
          "write it with a conda-lock that makes version 1, or use a newer envlock");
  }

  void read_metadata(const YamlNode& node) {
    yaml_.require_mapping(node, "'metadata'");
    environment_.name = "default";
    for (const YamlEntry& entry : node.entries) {
      if (entry.key == "channels") {
        for (const YamlNode* channel : yaml_.list(entry.value, "'channels'"))
          read_channel(*channel);
      } else if (entry.key == "platforms") {
        for (const YamlNode* item : yaml_.list(entry.value, "'platforms'")) {
          const Platform platform = read_platform(yaml_, *item, "a platform");
          ForeignPlatform made;
          made.name = platform.subdir();
          made.platform = platform;
          environment_.platforms.push_back(std::move(made));
        }
      } else if (std::ranges::find(metadata_keys, entry.key) == metadata_keys.end()) {
        yaml_.refuse_key(entry, "the metadata of a conda-lock.yml", metadata_keys);
      }
    }
    auto& platforms = environment_.platforms;
    if (platforms.size() > max_platforms)
      throw InputError(yaml_.place(node),
                       "more than " + std::to_string(max_platforms) + " platforms");
    if (platforms.empty()) throw InputError(yaml_.place(node), "'metadata' names no platforms");
    std::ranges::sort(platforms, {}, &ForeignPlatform::name);
    const auto twin = std::ranges::adjacent_find(platforms, {}, &ForeignPlatform::name);
    if (twin != platforms.end())
      throw InputError(yaml_.place(node), "'metadata' names the platform " + twin->name + " twice");
  }

  /// Old files have the channel itself in place of the mapping.
  void read_channel(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::scalar) {
      environment_.channels.push_back(
          foreign_url(yaml_.text(node, "a channel"), yaml_.place(node), "a channel"));
      return;
    }
    yaml_.require_mapping(node, "a channel");
    for (const YamlEntry& entry : node.entries) {
      if (entry.key == "url") {
        environment_.channels.push_back(
            foreign_url(yaml_.text(entry.value, "'url'"), yaml_.place(entry.value), "a channel"));
      } else if (entry.key != "used_env_vars") {
        yaml_.refuse_key(entry, "a channel of a conda-lock.yml", channel_keys);
      }
    }
  }

  /// "name constraint" of each.
  [[nodiscard]] std::vector<std::string> read_specs(const YamlEntry& entry) const {
    std::vector<std::string> specs;
    for (const YamlEntry& item : yaml_.mapping(entry.value, "'" + entry.key + "'")) {
      std::string spec = item.key;
      if (item.value.kind != YamlNode::Kind::null && !trim(item.value.text).empty())
        spec += ' ' + yaml_.text(item.value, "a constraint of '" + entry.key + "'");
      specs.push_back(std::move(spec));
    }
    return specs;
  }

  void read_hash(const YamlNode& node, Entry& out) const {
    for (const YamlEntry& entry : yaml_.mapping(node, "'hash'")) {
      if (entry.value.kind == YamlNode::Kind::null) continue;
      if (entry.key == "sha256") {
        out.conda.record.sha256 = read_sha256(yaml_, entry.value);
      } else if (entry.key == "md5") {
        out.conda.record.md5 = read_md5(yaml_, entry.value);
      } else {
        yaml_.refuse_key(entry, "a hash", hash_keys);
      }
    }
  }

  void read_field(const YamlEntry& entry, Entry& out) const {
    const std::string what = "'" + entry.key + "'";
    PackageRecord& record = out.conda.record;
    if (entry.key == "name") {
      out.name = yaml_.text(entry.value, what);
    } else if (entry.key == "version") {
      record.version = yaml_.text(entry.value, what);
    } else if (entry.key == "manager") {
      out.manager = yaml_.text(entry.value, what);
    } else if (entry.key == "platform") {
      out.platform = &entry.value;
    } else if (entry.key == "dependencies") {
      record.depends = read_specs(entry);
    } else if (entry.key == "constrains") {
      record.constrains = read_specs(entry);
    } else if (entry.key == "url") {
      record.url = yaml_.text(entry.value, what);
    } else if (entry.key == "hash") {
      read_hash(entry.value, out);
    } else if (entry.key == "category") {
      out.category = yaml_.text(entry.value, what);
    } else if (entry.key == "build") {
      if (entry.value.kind != YamlNode::Kind::null) record.build = yaml_.text(entry.value, what);
    } else if (entry.key == "optional") {
      static_cast<void>(yaml_.boolean(entry.value, what));
    } else if (entry.key != "source") {
      yaml_.refuse_key(entry, "a package of a conda-lock.yml", package_keys);
    }
  }

  void read_package(const YamlNode& node) {
    yaml_.require_mapping(node, "a package");
    require_room(lock_.packages.size() + lock_.pypi.size(), yaml_.place(node));
    Entry entry;
    for (const YamlEntry& field : node.entries) read_field(field, entry);
    const SourcePlace place = yaml_.place(node);
    require(!entry.name.empty(), "name", place);
    require(!entry.conda.record.version.empty(), "version", place);
    require(!entry.manager.empty(), "manager", place);
    require(entry.platform != nullptr, "platform", place);
    require(!entry.conda.record.url.empty(), "url", place);
    const Platform platform = read_platform(yaml_, *entry.platform, "'platform'");
    const auto at =
        std::ranges::find(environment_.platforms, platform.subdir(), &ForeignPlatform::name);
    if (at == environment_.platforms.end())
      throw InputError(
          yaml_.place(*entry.platform),
          "'" + entry.name + "' is for " + platform.subdir() + ", which 'metadata' does not name");
    if (entry.manager == "conda") {
      add_conda(std::move(entry), *at, place);
    } else if (entry.manager == "pip") {
      add_pip(std::move(entry), *at, place);
    } else {
      throw InputError(place, "'" + entry.name + "' is of the manager '" +
                                  printable(entry.manager, 40) + "': envlock knows conda and pip");
    }
  }

  static void require(bool given, std::string_view key, const SourcePlace& place) {
    if (!given) throw InputError(place, "a package without '" + std::string(key) + "'");
  }

  void add_conda(Entry entry, ForeignPlatform& platform, const SourcePlace& place) {
    ForeignPackage& package = entry.conda;
    PackageRecord& record = package.record;
    record.name = entry.name;
    record.url = foreign_url(record.url, place, "the URL", &package.credentials_left_out);
    package.line = place.line;
    package.categories.push_back(entry.category);
    fill_from_url(record, place);
    record.build_number = build_number_of(record.build);
    require_sound(record, place);
    require_platform(package, *platform.platform, place);
    // Who reads the lock sees the name, who installs it takes the URL.
    const auto parts = split_file_name(record.fn);
    if (parts && to_lower(parts->name) != to_lower(record.name))
      throw InputError(place, "'" + record.name +
                                  "' has the URL of another package: " + redact_urls(record.url));
    add(lock_.packages, platform.packages, std::move(package), {platform.name, "conda", entry.name},
        place,
        [](const ForeignPackage& a, const ForeignPackage& b) { return a.record == b.record; });
  }

  void add_pip(Entry entry, ForeignPlatform& platform, const SourcePlace& place) {
    ForeignPypi package;
    PackageRecord& record = entry.conda.record;
    package.name = entry.name;
    package.version = record.version;
    package.location = foreign_location(record.url, place);
    package.sha256 = record.sha256;
    package.md5 = record.md5;
    package.requires_dist = std::move(record.depends);
    package.line = place.line;
    package.categories.push_back(entry.category);
    add(lock_.pypi, platform.pypi, std::move(package), {platform.name, "pip", entry.name}, place,
        [](const ForeignPypi& a, const ForeignPypi& b) {
          return a.version == b.version && a.location == b.location && a.sha256 == b.sha256;
        });
  }

  /// An entry of each category stands for the same package.
  template <typename Package, typename Same>
  void add(std::vector<Package>& all, std::vector<std::size_t>& places, Package package,
           std::tuple<std::string, std::string, std::string> key, const SourcePlace& place,
           const Same& same) {
    const auto [found, added] = known_.emplace(std::move(key), all.size());
    if (added) {
      places.push_back(all.size());
      all.push_back(std::move(package));
      return;
    }
    Package& first = all[found->second];
    const std::string& category = package.categories.front();
    const auto at = std::ranges::lower_bound(first.categories, category);
    const bool again = at != first.categories.end() && *at == category;
    if (again || !same(first, package))
      throw InputError(place,
                       "a second package '" + std::get<2>(found->first) + "' for " +
                           std::get<0>(found->first) + ": the first one, in line " +
                           std::to_string(first.line) +
                           (again ? ", is of the same category" : ", is another one"),
                       "an environment has one package of each name: lock again with conda-lock");
    if (first.categories.size() == max_categories)
      throw InputError(place,
                       "a package of more than " + std::to_string(max_categories) + " categories");
    first.categories.insert(at, category);
  }

  const std::string& file_;
  YamlReader yaml_;
  ForeignLock lock_;
  ForeignEnvironment environment_;
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> known_;
};

}  // namespace

ForeignLock read_conda_lock(std::string_view text, const std::string& file) {
  return Reader(file).read(text);
}

}  // namespace envlock
