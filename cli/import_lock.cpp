#include "cli/import_lock.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/lock_input.hpp"
#include "model/text.hpp"
#include "model/url.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ", ";
    out += '\'' + printable(word, 60) + '\'';
  }
  return out;
}

/// What is said of something that is not locked, in the lock as well: an absolute path, which
/// names users of this machine, is told by its last part alone.
std::string without_folders(std::string text) {
  std::size_t at = text.find("file:/");
  if (at == std::string::npos && text.starts_with('/')) at = 0;
  if (at == std::string::npos) return text;
  const std::size_t end = text.find(" --hash", at);
  const std::size_t last = text.find_last_not_of('/', end == std::string::npos ? end : end - 1);
  const std::size_t slash = text.rfind('/', last);
  return text.erase(at, slash + 1 - at);
}

std::vector<std::string> categories_of(const ForeignLock& lock) {
  std::set<std::string> all;
  for (const ForeignPackage& package : lock.packages)
    all.insert(package.categories.begin(), package.categories.end());
  for (const ForeignPypi& package : lock.pypi)
    all.insert(package.categories.begin(), package.categories.end());
  return {all.begin(), all.end()};
}

/// What `FILE#NAME` selects.
class Selection {
 public:
  Selection(const ForeignLock& lock, const std::string& file, const std::string& name) {
    if (lock.format == ForeignFormat::conda_lock) {
      environment_ = &lock.environments.front();
      const std::vector<std::string> known = categories_of(lock);
      if (!name.empty() && std::ranges::find(known, name) == known.end())
        throw UsageError("'" + file + "' has no packages of the category '" + name + "'",
                         "its categories are " + quoted_list(known));
      category_ = name;
      return;
    }
    std::vector<std::string> names;
    for (const ForeignEnvironment& environment : lock.environments)
      names.push_back(environment.name);
    environment_ = lock.find(name.empty() ? "default" : name);
    if (environment_ == nullptr && name.empty() && names.size() == 1)
      environment_ = &lock.environments.front();
    if (environment_ == nullptr)
      throw UsageError("'" + file + "' has no environment '" +
                           (name.empty() ? std::string("default") : name) + "'",
                       "choose one as '" + file + "#NAME': " + quoted_list(names));
  }

  [[nodiscard]] const ForeignEnvironment& environment() const { return *environment_; }
  [[nodiscard]] bool has(const std::vector<std::string>& categories) const {
    return category_.empty() || std::ranges::find(categories, category_) != categories.end() ||
           std::ranges::find(categories, "main") != categories.end();
  }

 private:
  const ForeignEnvironment* environment_ = nullptr;
  std::string category_;
};

/// A PyPI package as a lock holds it; nothing where no archive with a digest stands for it. One
/// that lies beside the source has a file URL, which adoption makes a reference from the lock.
std::optional<LockedPypi> locked_pypi(const ForeignPypi& package, const std::string& folder) {
  if (!package.sha256 || package.version.empty()) return std::nullopt;
  const bool is_beside =
      (package.location.starts_with("./") || package.location.starts_with("../"));
  // A wheel alone: what pixi has as a digest of a folder is of its own making.
  const std::string file_name = package.location.substr(package.location.rfind('/') + 1);
  const auto url =
      is_beside
          ? std::optional(Url::from_path(
                (std::filesystem::path(folder) / package.location).lexically_normal().string()))
          : Url::parse(package.location);
  if (!url || url->has_credentials()) return std::nullopt;
  if (url->is_file() && !parse_wheel_name(percent_decode(file_name).value_or(file_name)))
    return std::nullopt;
  LockedPypi out;
  out.name = package.name;
  out.version = package.version;
  out.url = url->to_string();
  out.sha256 = package.sha256;
  out.requires_dist = package.requires_dist;
  return out;
}

class Importer {
 public:
  Importer(const ForeignLock& lock, const std::string& file, const Selection& selection)
      : lock_(lock), file_(file), selection_(selection) {}

  Adopted run(const std::vector<Platform>& platforms) {
    const ForeignEnvironment& environment = selection_.environment();
    out_.source = file_;
    for (const std::string& channel : environment.channels)
      out_.channels.push_back({channel, {file_, 0, 0}});
    if (const auto priority = parse_channel_priority(environment.channel_priority))
      out_.channel_priority = *priority;
    std::vector<std::string> known;
    for (const ForeignPlatform& platform : environment.platforms) known.push_back(platform.name);
    for (const ForeignPlatform& platform : environment.platforms) {
      if (wants(platform, platforms)) add(platform);
    }
    for (const Platform& platform : platforms) {
      if (!out_.platforms.contains(platform))
        throw UsageError("'" + file_ + "' has no packages for " + platform.subdir(),
                         "it has " + quoted_list(known));
    }
    for (const std::string& name : lock_.without_url)
      out_.incomplete.push_back(
          "'" + printable(without_folders(name), 200) +
          "' was listed without a URL (for pip: of a wheel, with its SHA-256) and is not "
          "locked");
    refuse_nothing(environment);
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool wants(const ForeignPlatform& platform,
                           const std::vector<Platform>& platforms) const {
    if (platforms.empty()) return true;
    if (!platform.platform) return platforms.size() == 1;
    return std::ranges::find(platforms, *platform.platform) != platforms.end();
  }

  void add(const ForeignPlatform& platform) {
    if (!platform.platform)
      throw UsageError("'" + file_ + "' does not say for which platform it is",
                       "add the line '# platform: linux-64' to it, or the like");
    if (out_.platforms.contains(*platform.platform))
      throw UsageError("'" + file_ + "' has two lists for " + platform.platform->subdir() +
                           ": the second one is called '" + printable(platform.name, 60) + "'",
                       "envlock locks one for each platform: take the other one out of the file");
    AdoptedPlatform& content = out_.platforms[*platform.platform];
    for (const std::string& spec : platform.virtual_packages) add_assumed(spec, content);
    for (const std::size_t index : platform.packages) {
      const ForeignPackage& package = lock_.packages[index];
      if (!selection_.has(package.categories)) continue;
      AdoptedPackage adopted;
      adopted.record = package.record;
      adopted.place = {file_, package.line, 0};
      adopted.has_metadata = lock_.format == ForeignFormat::pixi;
      if (lock_.format != ForeignFormat::pixi && adopted.record.subdir == "noarch")
        adopted.record.noarch = record_of_url(adopted.record.url).value_or(adopted.record).noarch;
      content.packages.push_back(std::move(adopted));
    }
    for (const std::size_t index : platform.pypi) add_pypi(lock_.pypi[index], content);
    for (const std::size_t index : platform.sources) {
      const ForeignSource& source = lock_.sources[index];
      leave_out(source.name.empty() ? source.location : source.name,
                "is built from its source by pixi, and is not locked");
    }
  }

  /// What nobody can have meant: a pixi.lock has empty environments of features, for example.
  void refuse_nothing(const ForeignEnvironment& environment) const {
    const bool has_packages = std::ranges::any_of(out_.platforms, [](const auto& platform) {
      return !platform.second.packages.empty() || !platform.second.pypi.empty();
    });
    if (has_packages || !out_.incomplete.empty()) return;
    std::vector<std::string> others;
    for (const ForeignEnvironment& other : lock_.environments) {
      if (other.name != environment.name) others.push_back(other.name);
    }
    throw UsageError("the environment '" + printable(environment.name, 60) + "' of '" + file_ +
                         "' has no packages: there is nothing to lock",
                     others.empty()
                         ? "lock what you want to have: envlock solve environment.yml"
                         : "choose another one as '" + file_ + "#NAME': " + quoted_list(others));
  }

  /// "__cuda=12.4", "__archspec=0=x86_64": a build without a version of its own has 0.
  void add_assumed(const std::string& spec, AdoptedPlatform& content) {
    try {
      content.virtual_packages.push_back(
          parse_virtual_package(spec.find('=') == std::string::npos ? spec + "=0" : spec));
    } catch (const InputError& error) {
      throw InputError(SourcePlace{file_}, "the virtual package '" + printable(spec, 100) +
                                               "' cannot be read: " + error.what());
    }
  }

  void add_pypi(const ForeignPypi& package, AdoptedPlatform& content) {
    if (!selection_.has(package.categories)) return;
    if (auto locked = locked_pypi(package, lock_folder(file_))) {
      content.pypi.push_back(std::move(*locked));
    } else {
      leave_out(package.name,
                "is for pip, without an archive's URL and SHA-256, and is not locked");
    }
  }

  void leave_out(const std::string& name, std::string_view why) {
    std::string sentence =
        "'" + printable(redact_urls(without_folders(name)), 200) + "' " + std::string(why);
    if (std::ranges::find(out_.incomplete, sentence) == out_.incomplete.end())
      out_.incomplete.push_back(std::move(sentence));
  }

  const ForeignLock& lock_;
  const std::string& file_;
  const Selection& selection_;
  Adopted out_;
};

}  // namespace

Adopted adopted_from(const ForeignLock& lock, const std::string& file,
                     const std::string& environment, const std::vector<Platform>& platforms) {
  return Importer(lock, file, Selection(lock, file, environment)).run(platforms);
}

}  // namespace envlock
