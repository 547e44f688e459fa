#include "cli/solve_lock.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <set>
#include <thread>

#include "cli/ask_trust.hpp"
#include "model/match_spec.hpp"
#include "model/shell_word.hpp"

namespace envlock {
namespace {

/// Names that `--update` releases from the existing lock. @throws UsageError for one that is not in
/// it
std::set<std::string> released_names(const SolveAsk& ask) {
  std::set<std::string> names;
  for (const Request& update : ask.updates) {
    const MatchSpec spec = MatchSpec::parse(update.text);
    bool found = false;
    if (ask.existing) {
      for (const auto& [platform, locked] : ask.existing->platforms) {
        for (const LockedPackage& package : locked.packages) {
          if (!spec.matches_name(package.record.name)) continue;
          names.insert(package.record.name);
          found = true;
        }
      }
    }
    if (!found) {
      throw UsageError("--update " + update.text + ": '" + ask.lock_shown + "' has no such package",
                       ask.existing
                           ? "see what it has with: envlock tree " + shell_word(ask.lock_shown)
                           : "there is no lock yet: run envlock solve without --update");
    }
  }
  return names;
}

std::map<std::string, PackageRecord> records_of(const Lockfile* lock, const Platform& platform) {
  std::map<std::string, PackageRecord> records;
  if (lock == nullptr) return records;
  const auto found = lock->platforms.find(platform);
  if (found == lock->platforms.end()) return records;
  for (const LockedPackage& package : found->second.packages)
    records.emplace(package.record.name, package.record);
  return records;
}

/// One error for several platforms without a solution: equal explanations are given once.
UnsolvableError merge_unsolvable(const std::vector<UnsolvableError>& errors,
                                 std::size_t platforms_asked) {
  std::vector<std::pair<std::string, const Explanation*>> groups;
  for (const UnsolvableError& error : errors) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return *group.second == error.explanation;
    });
    if (same != groups.end()) {
      same->first += ", " + error.platform;
    } else {
      groups.emplace_back(error.platform, &error.explanation);
    }
  }
  if (groups.size() == 1) {
    Explanation why = *groups.front().second;
    if (platforms_asked > 1) why.headline = "for " + groups.front().first + ": " + why.headline;
    return {groups.front().first, std::move(why)};
  }
  Explanation all;
  std::string platforms;
  for (const auto& [platform, explanation] : groups) {
    platforms += (platforms.empty() ? "" : ", ") + platform;
    all.lines.push_back({0, "on " + platform + ": " + explanation->headline, {}});
    for (ExplanationLine line : explanation->lines) {
      ++line.depth;
      all.lines.push_back(std::move(line));
    }
    for (const std::string& suggestion : explanation->suggestions) {
      if (std::find(all.suggestions.begin(), all.suggestions.end(), suggestion) ==
          all.suggestions.end()) {
        all.suggestions.push_back(suggestion);
      }
    }
  }
  all.headline = "there is no solution for " + platforms;
  return {platforms, std::move(all)};
}

bool same_package(const LockedPackage& a, const LockedPackage& b) {
  return a.record.version == b.record.version && a.record.build == b.record.build &&
         a.channel == b.channel && a.record.sha256 == b.record.sha256;
}

}  // namespace

std::map<Platform, SolveQuestion> questions_of(const SolveAsk& ask, const ChannelSet& channels,
                                               const Lockfile* exactly) {
  const std::set<std::string> released = released_names(ask);
  std::map<Platform, SolveQuestion> questions;
  for (const Platform& platform : ask.platforms) {
    SolveQuestion question{platform, ask.requests.at(platform), channels.for_platform(platform),
                           ask.channel_names};
    for (SolverChannel& channel : question.channels) {
      const auto owned = ask.inputs.owns.find(channel.channel.name);
      if (owned != ask.inputs.owns.end()) channel.owns = owned->second;
    }
    question.priority = ask.inputs.channel_priority;
    question.virtual_packages = ask.virtual_packages.at(platform);
    if (ask.inputs.exclude_newer) question.exclude_newer_ms = ask.inputs.exclude_newer->cutoff.ms;
    question.keep_records_without_timestamp = ask.inputs.keep_records_without_timestamp;
    question.denied = ask.denied;
    question.updates = ask.updates;
    if (ask.existing && !ask.update_all) {
      question.prefer = records_of(&*ask.existing, platform);
      std::erase_if(question.prefer,
                    [&](const auto& entry) { return released.contains(entry.first); });
    }
    if (exactly != nullptr) {
      question.exactly = records_of(exactly, platform);
      question.exactly_from = "same_versions_as: " + *ask.same_versions_as;
    }
    questions.emplace(platform, std::move(question));
  }
  return questions;
}

std::map<Platform, Solution> solve_all(const std::map<Platform, SolveQuestion>& questions,
                                       unsigned threads) {
  struct Slot {
    const SolveQuestion* question;
    std::optional<Solution> solution;
    std::exception_ptr failure;
  };
  std::vector<Slot> slots;
  for (const auto& [platform, question] : questions)
    slots.push_back({&question, std::nullopt, nullptr});
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < slots.size(); i = next++) {
      try {
        slots[i].solution = solve(*slots[i].question);
      } catch (...) {
        slots[i].failure = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    const std::size_t count = std::min<std::size_t>(std::max(1U, threads), slots.size());
    for (std::size_t i = 1; i < count; ++i) helpers.emplace_back(work);
    work();
  }
  std::vector<UnsolvableError> unsolvable;
  for (const Slot& slot : slots) {
    if (!slot.failure) continue;
    try {
      std::rethrow_exception(slot.failure);
    } catch (const UnsolvableError& error) {
      unsolvable.push_back(error);
    }
  }
  if (!unsolvable.empty()) throw merge_unsolvable(unsolvable, questions.size());
  std::map<Platform, Solution> solutions;
  std::size_t i = 0;
  for (const auto& [platform, question] : questions)
    solutions.emplace(platform, std::move(*slots[i++].solution));
  return solutions;
}

Lockfile make_lock(const SolveAsk& ask, const ChannelSet& channels,
                   const std::map<Platform, Solution>& solutions) {
  Lockfile lock;
  lock.inputs = ask.inputs;
  lock.incomplete = ask.incomplete;
  lock.complete = ask.incomplete.empty();
  lock.variables = ask.variables;
  const std::string lock_dir = ask.lock_path.parent_path().string();
  for (const AskedChannel& asked : ask.channels) {
    LockChannel channel;
    channel.name = asked.channel.name;
    channel.url = url_for_lock(asked.channel.url, lock_dir);
    channel.trust = trust_for_lock(asked.trust);
    const auto bases = channels.other_bases().find(channel.name);
    if (bases != channels.other_bases().end()) {
      for (const Url& base : bases->second)
        channel.base_urls.push_back(url_for_lock(base, lock_dir));
      std::sort(channel.base_urls.begin(), channel.base_urls.end());
      channel.base_urls.erase(std::unique(channel.base_urls.begin(), channel.base_urls.end()),
                              channel.base_urls.end());
    }
    lock.channels.push_back(std::move(channel));
  }
  std::sort(lock.channels.begin(), lock.channels.end(),
            [](const LockChannel& a, const LockChannel& b) { return a.name < b.name; });
  for (const auto& [platform, solution] : solutions) {
    LockPlatform& locked = lock.platforms[platform];
    locked.virtual_packages = ask.virtual_packages.at(platform);
    for (const SolvedPackage& package : solution.packages) {
      locked.packages.push_back({package.record, ask.channels.at(package.channel).channel.name,
                                 package.requested, package.signed_by});
    }
  }
  return lock;
}

std::vector<PackageChange> changes_between(const LockPlatform* before, const LockPlatform& after) {
  std::map<std::string_view, PackageChange> by_name;
  if (before != nullptr) {
    for (const LockedPackage& package : before->packages)
      by_name[package.record.name].before = &package;
  }
  for (const LockedPackage& package : after.packages) by_name[package.record.name].after = &package;
  std::vector<PackageChange> changes;
  for (const auto& [name, change] : by_name) {
    if (change.before != nullptr && change.after != nullptr &&
        same_package(*change.before, *change.after))
      continue;
    changes.push_back(change);
  }
  return changes;
}

std::size_t count_unrelated(const std::vector<PackageChange>& changes,
                            const std::vector<std::string>& causes) {
  std::map<std::string_view, std::set<std::string_view>> neighbours;
  for (const PackageChange& change : changes) neighbours[change.name()];
  const auto connect = [&](const LockedPackage* package) {
    if (package == nullptr) return;
    for (const auto* specs : {&package->record.depends, &package->record.constrains}) {
      for (const std::string& text : *specs) {
        const std::string name = MatchSpec::parse(text).name();
        const auto other = neighbours.find(name);
        if (other == neighbours.end()) continue;
        other->second.insert(package->record.name);
        neighbours[package->record.name].insert(other->first);
      }
    }
  };
  for (const PackageChange& change : changes) {
    connect(change.before);
    connect(change.after);
  }
  std::set<std::string_view> related;
  std::vector<std::string_view> open;
  for (const std::string& cause : causes) {
    const auto found = neighbours.find(cause);
    if (found != neighbours.end() && related.insert(found->first).second)
      open.push_back(found->first);
  }
  while (!open.empty()) {
    const std::string_view name = open.back();
    open.pop_back();
    for (const std::string_view other : neighbours[name]) {
      if (related.insert(other).second) open.push_back(other);
    }
  }
  return changes.size() - related.size();
}

}  // namespace envlock
