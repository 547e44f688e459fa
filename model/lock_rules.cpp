#include "model/lock_rules.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "model/json_position.hpp"
#include "model/lock_read.hpp"
#include "model/match_spec.hpp"
#include "model/record_match.hpp"
#include "model/text.hpp"
#include "model/version.hpp"

namespace envlock {
namespace {

using Steps = std::vector<JsonStep>;

/// Where in the text of the lock its parts stand.
struct Source {
  std::string_view text;
  const std::string& file;

  [[noreturn]] void fail(const Steps& steps, const std::string& message) const {
    throw InputError(SourcePlace{file, line_of_offset(text, find_json_value(text, steps)), 0},
                     message, make_anew_hint(file));
  }
};

/// Versions and specs of a lock, each distinct text parsed once for all platforms.
class Parsed {
 public:
  /// Null where `text` is no version.
  /// @param text  must outlive this
  const Version* version(std::string_view text) {
    auto at = versions_.find(text);
    if (at == versions_.end()) at = versions_.emplace(text, Version::parse(text)).first;
    return at->second ? &*at->second : nullptr;
  }

  const MatchSpec& spec(std::string_view text) {
    const auto at = specs_.find(text);
    if (at != specs_.end()) return at->second;
    return specs_.emplace(text, MatchSpec::parse(text)).first->second;
  }

 private:
  std::unordered_map<std::string_view, std::optional<Version>> versions_;
  std::unordered_map<std::string_view, MatchSpec> specs_;
};

/// A package or virtual package that a platform of the lock has.
struct Item {
  std::string_view name;  ///< In lower case, as specs have it.
  const Version* version = nullptr;
  std::string_view build;
  const LockedPackage* package = nullptr;  ///< Null for a virtual package.

  [[nodiscard]] std::string to_string() const {
    const std::string version_text = version == nullptr ? "" : " " + version->text();
    return "'" + std::string(name) + version_text + " " + std::string(build) + "'";
  }
};

bool fields_match(const MatchSpec& spec, const Item& item) {
  if (item.package != nullptr && item.version != nullptr &&
      !spec.looks_only_at_name_version_build()) {
    return record_matches(spec, item.package->record, *item.version);
  }
  MatchFields fields;
  fields.name = item.name;
  fields.version = item.version;
  fields.build = item.build;
  if (item.package != nullptr) fields.build_number = item.package->record.build_number;
  return spec.matches(fields);
}

/// One platform of a lock, and whether it is closed.
class PlatformJudge {
 public:
  PlatformJudge(const Lockfile& lock, const Platform& platform, const LockPlatform& content,
                Parsed& parsed, const Source& source)
      : lock_(lock), platform_(platform), content_(content), parsed_(parsed), source_(source) {
    items_.reserve(content.packages.size() + content.virtual_packages.size());
    by_name_.reserve(items_.capacity());
    for (const VirtualPackage& package : content.virtual_packages) {
      add({lower(package.name), parsed.version(package.version), package.build, nullptr});
    }
    for (std::size_t i = 0; i < content.packages.size(); ++i) {
      const PackageRecord& record = content.packages[i].record;
      const Version* const version = parsed.version(record.version);
      if (version == nullptr) {
        fail({i, "version"}, "has '" + record.version + "', which is no version");
      }
      if (!add({lower(record.name), version, record.build, &content.packages[i]})) {
        fail({i, "name"}, "is locked twice");
      }
    }
  }

  void judge() {
    const auto& files = lock_.inputs.files;
    for (std::size_t f = 0; f < files.size(); ++f) {
      judge_requests(files[f], {{"inputs"}, {"files"}, {{}, f}});
    }
    for (std::size_t i = 0; i < content_.packages.size(); ++i) {
      const PackageRecord& record = content_.packages[i].record;
      for (std::size_t d = 0; d < record.depends.size(); ++d) {
        judge_dependency(record.depends[d], {i, "depends", d});
      }
      for (std::size_t c = 0; c < record.constrains.size(); ++c) {
        judge_constraint(record.constrains[c], {i, "constrains", c});
      }
    }
  }

 private:
  /// A text of a package, or of a list of it.
  struct Part {
    std::size_t package;
    std::string_view key;
    std::size_t index = JsonStep::no_index;
  };

  [[noreturn]] void fail(const Part& part, const std::string& message) const {
    Steps steps{{"platforms"}, {platform_.subdir()}, {"packages"}, {{}, part.package}, {part.key}};
    if (part.index != JsonStep::no_index) steps.push_back({{}, part.index});
    source_.fail(steps, "package '" + content_.packages[part.package].record.name + "' on " +
                            platform_.subdir() + " " + message);
  }

  std::string_view lower(const std::string& name) {
    const bool upper =
        std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return upper ? lowered_.emplace_back(to_lower(name)) : std::string_view(name);
  }

  /// False where there is one of that name already.
  bool add(const Item& item) {
    items_.push_back(item);
    return by_name_.emplace(item.name, items_.size() - 1).second;
  }

  /// The spec; `fail(message)` must throw.
  template <class Fail>
  const MatchSpec& spec(const std::string& text, Fail fail) {
    const MatchSpec* parsed = nullptr;
    try {
      parsed = &parsed_.spec(text);
    } catch (const InputError& error) {
      fail("has '" + text + "': " + error.what());
    }
    if (parsed == nullptr || parsed->is_conditional()) {
      fail("has '" + text + "', which is conditional: a lock cannot hold it");
    }
    // a pattern is compared with each package; real dependencies have none
    if (!parsed->has_exact_name() && ++patterns_ > max_patterns) {
      fail("has '" + text + "', the last of too many specs without an exact name");
    }
    return *parsed;
  }

  bool matches(const MatchSpec& spec, const Item& item) const {
    if (spec.channel() && item.package != nullptr) {
      const auto named = std::find_if(
          lock_.channels.begin(), lock_.channels.end(), [&](const LockChannel& channel) {
            return channel.name == *spec.channel() || channel.url == *spec.channel();
          });
      // one that the lock does not know by this name: nothing to compare with
      if (named != lock_.channels.end() && named->name != item.package->channel) return false;
    }
    return fields_match(spec, item);
  }

  const Item* find(const MatchSpec& spec) const {
    const auto at = by_name_.find(spec.name());
    return at == by_name_.end() ? nullptr : &items_[at->second];
  }

  /// True where one item meets the spec.
  bool is_met(const MatchSpec& spec) const {
    if (spec.has_exact_name()) {
      const Item* const item = find(spec);
      return item != nullptr && matches(spec, *item);
    }
    return std::any_of(items_.begin(), items_.end(),
                       [&](const Item& item) { return matches(spec, item); });
  }

  /// The item that has the spec's name and breaks it.
  const Item* violator(const MatchSpec& spec) const {
    if (spec.has_exact_name()) {
      const Item* const item = find(spec);
      return item == nullptr || matches(spec, *item) ? nullptr : item;
    }
    const auto at = std::find_if(items_.begin(), items_.end(), [&](const Item& item) {
      return spec.matches_name(item.name) && !matches(spec, item);
    });
    return at == items_.end() ? nullptr : &*at;
  }

  std::string instead(const MatchSpec& spec) const {
    const Item* const item = spec.has_exact_name() ? find(spec) : nullptr;
    if (item == nullptr) return "no package or virtual package of that name is in the lock";
    return "found " + item->to_string();
  }

  void judge_requests(const LockInputs::File& file, const Steps& steps) {
    judge_requests(file.path, file.specs, steps);
    const auto selected = file.platform_specs.find(platform_);
    if (selected != file.platform_specs.end()) judge_requests(file.path, selected->second, steps);
  }

  void judge_requests(const std::string& path, const std::vector<std::string>& specs,
                      const Steps& steps) {
    const auto fail = [&](const std::string& message) {
      source_.fail(steps, "'" + path + "' " + message);
    };
    for (const std::string& text : specs) {
      const MatchSpec& wanted = spec(text, fail);
      if (is_met(wanted)) continue;
      fail("asks for '" + text + "', which nothing on " + platform_.subdir() +
           " meets: " + instead(wanted));
    }
  }

  void judge_dependency(const std::string& text, const Part& part) {
    if (!met_.insert(text).second) return;
    const MatchSpec& wanted = spec(text, [&](const std::string& message) { fail(part, message); });
    if (is_met(wanted)) return;
    fail(part, "depends on '" + text + "', which is not met: " + instead(wanted));
  }

  void judge_constraint(const std::string& text, const Part& part) {
    if (!respected_.insert(text).second) return;
    const Item* const broken =
        violator(spec(text, [&](const std::string& message) { fail(part, message); }));
    if (broken == nullptr) return;
    fail(part, "constrains '" + text + "', which is broken: found " + broken->to_string());
  }

  static constexpr std::size_t max_patterns = 1000;

  const Lockfile& lock_;
  const Platform& platform_;
  const LockPlatform& content_;
  Parsed& parsed_;
  const Source& source_;
  std::vector<Item> items_;
  std::deque<std::string> lowered_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::size_t patterns_ = 0;  ///< Specs so far whose name is a glob or regular expression.
  std::unordered_set<std::string_view> met_;        ///< Dependencies known to be met.
  std::unordered_set<std::string_view> respected_;  ///< Constraints known to be respected.
};

/// L02: the same URL on two platforms must be the same bytes.
void judge_urls(const Lockfile& lock, const Source& source) {
  std::unordered_map<std::string_view, const PackageRecord*> seen;
  for (const auto& [platform, content] : lock.platforms) {
    for (std::size_t i = 0; i < content.packages.size(); ++i) {
      const PackageRecord& record = content.packages[i].record;
      const auto [at, is_new] = seen.emplace(record.url, &record);
      if (is_new || (at->second->sha256 == record.sha256 && at->second->size == record.size)) {
        continue;
      }
      source.fail({{"platforms"}, {platform.subdir()}, {"packages"}, {{}, i}, {"sha256"}},
                  "package '" + record.name + "' on " + platform.subdir() +
                      ": the same URL has another sha256 or size on another platform");
    }
  }
}

void judge_channels(const Lockfile& lock, std::string_view key,
                    const std::vector<LockInputs::Channel>& channels, const Source& source) {
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const LockChannel* const entry = lock.find_channel(channels[i].name);
    if (entry != nullptr && entry->url == channels[i].url && entry->trust == channels[i].trust) {
      continue;
    }
    source.fail({{"inputs"}, {key}, {{}, i}},
                "channel '" + channels[i].name + "' of 'inputs." + std::string(key) +
                    "' is not in 'channels' with the same url and trust");
  }
}

/// A solved lock has no channel but those that its question names: another one was put there by
/// hand.
void judge_no_other_channels(const Lockfile& lock, const Source& source) {
  if (lock.origin != "solved") return;
  const auto names = [](const std::vector<LockInputs::Channel>& channels, const std::string& name) {
    return std::any_of(channels.begin(), channels.end(),
                       [&](const auto& channel) { return channel.name == name; });
  };
  for (const LockChannel& channel : lock.channels) {
    if (names(lock.inputs.channels, channel.name) || names(lock.inputs.spec_channels, channel.name))
      continue;
    source.fail({{"channels"}, {channel.name}},
                "channel '" + channel.name + "' is in neither list of 'inputs'");
  }
}

}  // namespace

void judge_lock(const Lockfile& lock, std::string_view text, const std::string& file) {
  const Source source{text, file};
  if (lock.complete != lock.incomplete.empty()) {
    source.fail({{"complete"}}, "'complete' contradicts 'incomplete', which lists what is missing");
  }
  judge_channels(lock, "channels", lock.inputs.channels, source);
  judge_channels(lock, "spec_channels", lock.inputs.spec_channels, source);
  judge_no_other_channels(lock, source);
  for (std::size_t i = 0; i < lock.inputs.platforms.size(); ++i) {
    if (lock.platforms.count(lock.inputs.platforms[i]) != 0) continue;
    source.fail({{"inputs"}, {"platforms"}, {{}, i}},
                "platform '" + lock.inputs.platforms[i].subdir() + "' is asked for and not locked");
  }
  judge_urls(lock, source);
  Parsed parsed;
  for (const auto& [platform, content] : lock.platforms) {
    PlatformJudge(lock, platform, content, parsed, source).judge();
  }
}

}  // namespace envlock
