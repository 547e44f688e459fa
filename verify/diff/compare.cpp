#include "verify/diff/compare.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

#include "model/error.hpp"
#include "model/parallel.hpp"
#include "model/text.hpp"
#include "verify/diff/platform_diff.hpp"
#include "verify/diff/question.hpp"

namespace envlock {
namespace {

class Comparison {
 public:
  Comparison(const DiffInput& before, const DiffInput& after, const DiffSettings& settings)
      : before_(before), after_(after), settings_(settings) {
    result_.drift = is_drift(before, after);
    if (result_.drift && before.kind == DiffKind::prefix)
      throw InternalError("drift is compared from the document to the prefix");
  }

  DiffResult run() {
    if (before_.lock && after_.lock) {
      for (Change& change : compare_questions(*before_.lock, *after_.lock))
        result_.changes.push_back(std::move(change));
    }
    if (before_.environments.size() == 1 && after_.environments.size() == 1) {
      compare_environments({}, before_.environments.begin()->second,
                           after_.environments.begin()->second);
    } else {
      compare_many();
    }
    compare_pairs();
    sort();
    result_.causes = count_causes(result_.changes);
    const auto is_known = [](const DiffInput& input) {
      return !input.lock || knows_question(*input.lock);
    };
    const bool one_is_known = is_known(before_) != is_known(after_);
    for (const DiffInput* input : {&before_, &after_}) {
      if (one_is_known && before_.lock && after_.lock && !is_known(*input)) {
        result_.notes.push_back(input->shown +
                                ": it was imported; what was asked for is not known, and is not "
                                "compared");
      }
      for (const std::string& note : input->notes)
        result_.notes.push_back(input->shown + ": " + note);
    }
    return std::move(result_);
  }

 private:
  void one_sided(std::string_view rule, const std::string& environment, const std::string& platform,
                 std::string message, std::size_t packages) {
    Change change = make_change(rule, ChangeKind::platform, environment, platform, {});
    change.finding.message = std::move(message) + " (" + counted(packages, "package") + ')';
    change.finding.sha256 = sha256_of(change.finding.message);
    (rule == "platform-added" ? change.finding.found : change.finding.expected) =
        counted(packages, "package");
    result_.changes.push_back(std::move(change));
  }

  static std::size_t size_of(const DiffEnvironment& environment) {
    std::size_t size = 0;
    for (const auto& [name, platform] : environment) size += platform.packages.size();
    return size;
  }

  void compare_many() {
    for (const auto& [name, environment] : before_.environments) {
      const auto other = after_.environments.find(name);
      if (other != after_.environments.end()) {
        compare_environments(name, environment, other->second);
      } else {
        one_sided("platform-removed", name, {}, "the environment '" + name + "' is gone",
                  size_of(environment));
      }
    }
    for (const auto& [name, environment] : after_.environments) {
      if (before_.environments.contains(name)) continue;
      for (const auto& [subdir, platform] : environment)
        pairs_.push_back({name, subdir, &nothing_, &platform, true});
      one_sided("platform-added", name, {}, "the environment '" + name + "' is new",
                size_of(environment));
    }
  }

  void compare_environments(const std::string& name, const DiffEnvironment& before,
                            const DiffEnvironment& after) {
    // A list that does not tell its platform is held against the only one of the other side.
    const bool untold = before.contains("noarch") || after.contains("noarch");
    if (untold && before.size() == 1 && after.size() == 1) {
      const std::string& told =
          before.contains("noarch") ? after.begin()->first : before.begin()->first;
      pairs_.push_back({name, told, &before.begin()->second, &after.begin()->second});
      return;
    }
    for (const auto& [subdir, platform] : before) {
      const auto other = after.find(subdir);
      if (other != after.end()) {
        pairs_.push_back({name, subdir, &platform, &other->second});
      } else if (!result_.drift) {
        one_sided("platform-removed", name, subdir, "the platform " + subdir + " is gone",
                  platform.packages.size());
      }
    }
    for (const auto& [subdir, platform] : after) {
      if (before.contains(subdir)) continue;
      pairs_.push_back({name, subdir, &nothing_, &platform, true});
      one_sided("platform-added", name, subdir, "the platform " + subdir + " is new",
                platform.packages.size());
    }
  }

  void compare_pairs() {
    std::vector<PlatformDiff> diffs(pairs_.size());
    parallel_for(pairs_.size(), settings_.threads, settings_.stop, [&](std::size_t i) {
      diffs[i] = compare_platform(before_, after_, pairs_[i], settings_);
    });
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const PlatformPair& pair = pairs_[i];
      for (Change& change : diffs[i].changes) result_.changes.push_back(std::move(change));
      if (pair.only_risks) continue;  // "all platforms" are those that both have
      result_
          .totals[pair.environment.empty() ? pair.subdir : pair.environment + '/' + pair.subdir] =
          diffs[i].totals;
    }
  }

  void sort() {
    std::ranges::stable_sort(result_.changes, [](const Change& a, const Change& b) {
      const auto key = [](const Change& change) {
        return std::make_tuple(std::cref(change.environment), std::cref(change.platform),
                               change.kind == ChangeKind::risk, std::cref(change.name),
                               std::cref(change.finding.rule), std::cref(change.finding.message),
                               std::cref(change.finding.id));
      };
      return key(a) < key(b);
    });
  }

  const DiffInput& before_;
  const DiffInput& after_;
  const DiffSettings& settings_;
  const DiffPlatform nothing_;
  std::vector<PlatformPair> pairs_;
  DiffResult result_;
};

}  // namespace

std::vector<DiffCause> count_causes(const std::vector<Change>& changes) {
  std::map<std::string_view, std::string_view> cause_of;
  for (const Change& change : changes) {
    if (change.cause.empty()) continue;
    const auto [at, is_new] = cause_of.emplace(change.name, change.cause);
    if (!is_new && at->second == other_releases) at->second = change.cause;
  }
  std::map<std::string_view, std::uint64_t> counts;
  for (const auto& [name, cause] : cause_of) ++counts[cause];
  std::vector<DiffCause> causes;
  for (const auto& [text, packages] : counts) causes.push_back({std::string(text), packages});
  std::ranges::stable_sort(causes, std::ranges::greater(), &DiffCause::packages);
  return causes;
}

DiffResult compare(const DiffInput& before, const DiffInput& after, const DiffSettings& settings) {
  return Comparison(before, after, settings).run();
}

}  // namespace envlock
