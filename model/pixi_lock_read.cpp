#include <algorithm>
#include <map>
#include <unordered_map>

#include "model/pixi_packages.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr unsigned oldest = 4;
constexpr unsigned newest = 7;
constexpr std::size_t max_platforms = 1000;

/// What version 7 says of a platform, by its name.
struct KnownPlatform {
  Platform platform;
  std::vector<std::string> virtual_packages;
};

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file), yaml_(file, "a pixi.lock") {
    lock_.format = ForeignFormat::pixi;
  }

  ForeignLock read(std::string_view text) {
    const YamlNode root = parse_yaml(text, file_, foreign_yaml_limits());
    yaml_.require_root(root);
    const YamlNode* const version = find(root, "version");
    if (version == nullptr) throw InputError(SourcePlace{file_}, "the key 'version' is missing");
    read_version(*version);
    const YamlNode* const environments = find(root, "environments");
    if (environments == nullptr || environments->entries.empty())
      throw InputError(SourcePlace{file_}, "the lock has no environments",
                       "make it with 'pixi lock'");
    PixiPackages packages(lock_, yaml_, lock_.version);
    if (const YamlNode* const list = find(root, "packages")) packages.read(*list);
    if (const YamlNode* const platforms = find(root, "platforms"); platforms && lock_.version >= 7)
      read_platforms(*platforms);
    for (const YamlEntry& entry : yaml_.mapping(*environments, "'environments'"))
      lock_.environments.push_back(read_environment(entry, packages));
    std::ranges::sort(lock_.environments, {}, &ForeignEnvironment::name);
    return std::move(lock_);
  }

 private:
  static const YamlNode* find(const YamlNode& mapping, std::string_view key) {
    const auto at = std::ranges::find(mapping.entries, key, &YamlEntry::key);
    return at == mapping.entries.end() ? nullptr : &at->value;
  }

  void read_version(const YamlNode& node) {
    const std::uint64_t version = read_count(yaml_, node, "'version'");
    if (version < oldest || version > newest)
      throw InputError(yaml_.place(node),
                       "pixi.lock of version " + std::to_string(version) +
                           ": envlock reads versions " + std::to_string(oldest) + " to " +
                           std::to_string(newest),
                       version < oldest ? "write it anew with a pixi of today: 'pixi lock'"
                                        : "use a newer envlock");
    lock_.version = static_cast<unsigned>(version);
  }

  void read_platforms(const YamlNode& list) {
    for (const YamlNode* node : yaml_.list(list, "'platforms'")) {
      yaml_.require_mapping(*node, "a platform");
      const YamlNode* const name = find(*node, "name");
      if (name == nullptr) throw InputError(yaml_.place(*node), "a platform without 'name'");
      const YamlNode* const subdir = find(*node, "subdir");
      KnownPlatform known{read_platform(yaml_, subdir == nullptr ? *name : *subdir, "a platform"),
                          {}};
      if (const YamlNode* const specs = find(*node, "virtual-packages"))
        known.virtual_packages = read_texts(yaml_, *specs, "'virtual-packages'");
      if (!platforms_.emplace(yaml_.text(*name, "'name'"), std::move(known)).second)
        throw InputError(yaml_.place(*name),
                         "a second platform '" + printable(name->text, 40) + "'");
      if (platforms_.size() > max_platforms)
        throw InputError(yaml_.place(*name),
                         "more than " + std::to_string(max_platforms) + " platforms");
    }
  }

  ForeignEnvironment read_environment(const YamlEntry& entry, const PixiPackages& packages) const {
    ForeignEnvironment out;
    out.name = entry.key;
    yaml_.require_mapping(entry.value, "the environment '" + printable(entry.key, 60) + "'");
    for (const YamlEntry& field : entry.value.entries) {
      if (field.key == "channels") {
        read_channels(field.value, out);
      } else if (field.key == "indexes") {
        for (const YamlNode* item : yaml_.list(field.value, "'indexes'"))
          out.indexes.push_back(
              foreign_location(yaml_.text(*item, "an index"), yaml_.place(*item)));
      } else if (field.key == "options") {
        read_options(field.value, out);
      } else if (field.key == "packages") {
        for (const YamlEntry& list : yaml_.mapping(field.value, "'packages'"))
          out.platforms.push_back(read_list(list, packages));
      }
    }
    std::ranges::sort(out.platforms, {}, &ForeignPlatform::name);
    return out;
  }

  void read_channels(const YamlNode& list, ForeignEnvironment& out) const {
    for (const YamlNode* node : yaml_.list(list, "'channels'")) {
      yaml_.require_mapping(*node, "a channel");
      const YamlNode* const url = find(*node, "url");
      if (url == nullptr) throw InputError(yaml_.place(*node), "a channel without 'url'");
      out.channels.push_back(
          foreign_url(yaml_.text(*url, "'url'"), yaml_.place(*url), "a channel"));
    }
  }

  void read_options(const YamlNode& node, ForeignEnvironment& out) const {
    for (const YamlEntry& option : yaml_.mapping(node, "'options'")) {
      if (option.value.kind != YamlNode::Kind::scalar) continue;
      if (option.key == "channel-priority") {
        out.channel_priority = yaml_.text(option.value, "'channel-priority'");
      } else if (option.key == "exclude-newer") {
        out.exclude_newer = yaml_.text(option.value, "'exclude-newer'");
      }
    }
  }

  ForeignPlatform read_list(const YamlEntry& list, const PixiPackages& packages) const {
    ForeignPlatform out;
    out.name = list.key;
    if (const auto known = platforms_.find(list.key); known != platforms_.end()) {
      out.platform = known->second.platform;
      out.virtual_packages = known->second.virtual_packages;
    } else if (lock_.version >= 7) {
      throw InputError(yaml_.place(list), "the platform '" + printable(list.key, 60) +
                                              "' does not stand in 'platforms'");
    } else {
      out.platform = Platform::parse(list.key);
      if (!out.platform)
        throw InputError(yaml_.place(list), "expected a platform such as linux-64, found '" +
                                                printable(list.key, 60) + "'");
    }
    for (const YamlNode* item : yaml_.list(list.value, "the packages of '" + list.key + "'")) {
      packages.select(*item, out);
    }
    require_one_of_each(list, out);
    return out;
  }

  void require_one_of_each(const YamlEntry& list, const ForeignPlatform& platform) const {
    std::unordered_map<std::string_view, std::size_t> seen;
    for (const std::size_t index : platform.packages) {
      const ForeignPackage& package = lock_.packages[index];
      const auto [first, added] = seen.emplace(package.record.name, package.line);
      if (!added)
        throw InputError(yaml_.place(list),
                         "the list for " + platform.name + " has the package '" +
                             package.record.name + "' twice: lines " +
                             std::to_string(first->second) + " and " + std::to_string(package.line),
                         "make the lock anew with 'pixi lock'");
    }
  }

  const std::string& file_;
  YamlReader yaml_;
  ForeignLock lock_;
  std::map<std::string, KnownPlatform> platforms_;
};

}  // namespace

ForeignLock read_pixi_lock(std::string_view text, const std::string& file) {
  return Reader(file).read(text);
}

}  // namespace envlock
