#include "solver/conflict.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "solver/libsolv_pool.hpp"
#include "solver/plan.hpp"
#include "solver/prune.hpp"

namespace envlock {
namespace {

constexpr std::uint32_t far_away = no_id;

/// Leaves out what `fails` does not need, the first items first and many at a time; what is left
/// cannot be made smaller. `fails` holds of all items.
template <class Item>
class Shrinker {
 public:
  using Fails = std::function<bool(const std::vector<Item>&)>;
  Shrinker(std::vector<Item> items, const Fails& fails) : kept_(std::move(items)), fails_(fails) {}

  std::vector<Item> run() {
    shrink(0, kept_.size());
    return std::move(kept_);
  }

 private:
  /// @return how many of [first, last) are kept
  std::size_t shrink(std::size_t first, std::size_t last) {
    if (first == last) return 0;
    std::vector<Item> rest(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(first));
    rest.insert(rest.end(), kept_.begin() + static_cast<std::ptrdiff_t>(last), kept_.end());
    if (fails_(rest)) {
      kept_ = std::move(rest);
      return 0;
    }
    if (last - first == 1) return 1;
    const std::size_t half = (last - first) / 2;
    const std::size_t kept = shrink(first, first + half);
    return kept + shrink(first + kept, first + kept + (last - first - half));
  }

  std::vector<Item> kept_;
  const Fails& fails_;
};

std::vector<bool> marked(const LoadedProblem& problem, const std::vector<std::uint32_t>& places) {
  std::vector<bool> asked(problem.requests.size());
  for (const std::uint32_t i : places) asked[i] = true;
  return asked;
}

bool says_no_more_than_a_name(const LoadedProblem& problem, const LoadedRequest& request) {
  return problem.sets[request.accepts].count == problem.names[request.name].size();
}

/// All steps that lead on from the requests, and how far from them each name is.
class StepFinder {
 public:
  StepFinder(const LoadedProblem& problem, const std::vector<bool>& requests)
      : problem_(problem),
        distance_(problem.names.size(), far_away),
        requested_(problem.names.size()) {
    std::deque<NameId> open;
    for (std::uint32_t i = 0; i < requests.size(); ++i) {
      if (!requests[i]) continue;
      const NameId name = problem.requests[i].name;
      requested_[name] = 1;
      if (std::exchange(distance_[name], 0) != 0) open.push_back(name);
    }
    for (; !open.empty(); open.pop_front()) add_steps_of(open.front(), open);
    std::stable_sort(steps_.begin(), steps_.end(),
                     [&](const Step& a, const Step& b) { return rank(a) > rank(b); });
  }

  /// Those that begin less than `limit` dependencies away, the ones to give up first in front.
  [[nodiscard]] Steps within(std::uint32_t limit) const {
    Steps near;
    for (const Step& step : steps_) {
      if (distance_[step.from] < limit) near.push_back(step);
    }
    return near;
  }
  [[nodiscard]] std::uint32_t distance(NameId name) const { return distance_[name]; }
  [[nodiscard]] std::uint32_t farthest() const {
    return steps_.empty() ? 0 : distance_[steps_.front().from] + 1;
  }

 private:
  void add_steps_of(NameId from, std::deque<NameId>& open) {
    std::vector<char> seen(problem_.names.size());
    const Name& name = problem_.names[from];
    const auto add = [&](SetId set, bool is_needed) {
      const NameId to = problem_.sets[set].name;
      if (seen[to] == 0) steps_.push_back({from, to});
      seen[to] = 1;
      if (!is_needed || distance_[to] != far_away) return;
      distance_[to] = distance_[from] + 1;
      open.push_back(to);
    };
    for (CandidateId c = name.first; c < name.last; ++c) {
      for (const SetId set : problem_.required_sets(problem_.candidates[c])) add(set, true);
      for (const SetId set : problem_.allowed_sets(problem_.candidates[c])) add(set, false);
    }
  }

  /// Names decide between equals, so that the order of records does not.
  [[nodiscard]] std::tuple<std::uint32_t, bool, const std::string&, const std::string&> rank(
      const Step& step) const {
    return {distance_[step.from], requested_[step.to] == 0, problem_.names[step.to].text,
            problem_.names[step.from].text};
  }

  const LoadedProblem& problem_;
  std::vector<std::uint32_t> distance_;  ///< Of each name, in dependencies.
  std::vector<char> requested_;          ///< By name.
  Steps steps_;
};

}  // namespace

std::optional<std::vector<CandidateId>> meet(const LoadedProblem& problem,
                                             const std::vector<bool>& requests, bool at_best) {
  std::optional<Pruned> pruned = prune(problem, &requests);
  if (!pruned) return std::nullopt;
  const Reduced reduced = reduce(problem, *pruned, rank_candidates(problem, pruned->live));
  SolvePlan plan;
  if (at_best) plan.ladders = make_plan(problem, *pruned, reduced.ranking).ladders;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const NameId name = problem.requests[i].name;
    if (requests[i] && !problem.names[name].is_virtual) plan.install.push_back(name);
  }
  return run_libsolv(problem, reduced, plan);
}

std::vector<bool> smallest_conflict(const LoadedProblem& problem) {
  std::vector<std::uint32_t> places;
  for (std::uint32_t i = 0; i < problem.requests.size(); ++i) {
    if (problem.sets[problem.requests[i].accepts].count == 0) return marked(problem, {i});
    places.push_back(i);
  }
  // Bare names are given up first, then later lines before earlier ones.
  std::stable_sort(places.begin(), places.end(), [&](std::uint32_t a, std::uint32_t b) {
    const bool bare_a = says_no_more_than_a_name(problem, problem.requests[a]);
    const bool bare_b = says_no_more_than_a_name(problem, problem.requests[b]);
    return bare_a != bare_b ? bare_a : a > b;
  });
  using Places = std::vector<std::uint32_t>;
  // Pruning sees most conflicts, and costs much less than a solve.
  const Shrinker<std::uint32_t>::Fails pruned_away = [&](const Places& some) {
    const std::vector<bool> asked = marked(problem, some);
    return !prune(problem, &asked);
  };
  const Shrinker<std::uint32_t>::Fails unsolvable = [&](const Places& some) {
    return !meet(problem, marked(problem, some), false);
  };
  if (pruned_away(places)) places = Shrinker<std::uint32_t>(std::move(places), pruned_away).run();
  return marked(problem, Shrinker<std::uint32_t>(std::move(places), unsolvable).run());
}

std::optional<Steps> smallest_steps(const LoadedProblem& problem, const std::vector<bool>& requests,
                                    const std::function<bool(const Steps&)>& fails) {
  const StepFinder finder(problem, requests);
  for (std::uint32_t limit = 0; limit <= finder.farthest(); ++limit) {
    Steps steps = finder.within(limit);
    if (fails(steps)) return Shrinker<Step>(std::move(steps), fails).run();
  }
  return std::nullopt;
}

namespace {

constexpr std::size_t most_cases = 8;
constexpr std::size_t most_splits = 48;  // tried

/// Candidates grouped by the first two parts of their versions, which is what other packages
/// usually depend on; oldest first.
std::vector<std::vector<CandidateId>> by_minor_version(const LoadedProblem& problem,
                                                       const std::vector<CandidateId>& candidates) {
  std::map<std::string, std::vector<CandidateId>> groups;
  for (const CandidateId c : candidates) {
    const std::string text(problem.version_text(problem.candidates[c]));
    const std::size_t first = text.find('.');
    const std::size_t second = first == std::string::npos ? first : text.find('.', first + 1);
    groups[text.substr(0, second)].push_back(c);
  }
  std::vector<std::vector<CandidateId>> result;
  for (auto& [key, group] : groups) result.push_back(std::move(group));
  const auto oldest = [&](const std::vector<CandidateId>& group) {
    std::uint32_t order = no_id;
    for (const CandidateId c : group)
      order = std::min(order, problem.version_order(problem.candidates[c]));
    return order;
  };
  std::stable_sort(result.begin(), result.end(),
                   [&](const auto& a, const auto& b) { return oldest(a) < oldest(b); });
  return result;
}

}  // namespace

std::optional<CaseSplit> split_cases(const LoadedProblem& problem,
                                     const std::vector<bool>& requests) {
  const StepFinder finder(problem, requests);
  const Steps all = finder.within(finder.farthest());
  const Propagation facts(problem, requests, all);
  std::vector<CaseSplit> splits;
  for (NameId name = 0; name < problem.names.size(); ++name) {
    if (!facts.need(name).holds || problem.names[name].is_virtual) continue;
    CaseSplit split{name, by_minor_version(problem, facts.left_of(name)), {}};
    // Few candidates can be taken one by one.
    if (split.cases.size() == 1 && split.cases.front().size() <= most_cases) {
      std::vector<CandidateId> only = std::move(split.cases.front());
      split.cases.clear();
      for (const CandidateId c : only) split.cases.push_back({c});
    }
    if (split.cases.size() >= 2 && split.cases.size() <= most_cases)
      splits.push_back(std::move(split));
  }
  const auto rank = [&](const CaseSplit& split) {
    return std::tuple(split.cases.size(), finder.distance(split.name),
                      std::string_view(problem.names[split.name].text));
  };
  std::sort(splits.begin(), splits.end(),
            [&](const CaseSplit& a, const CaseSplit& b) { return rank(a) < rank(b); });
  if (splits.size() > most_splits) splits.resize(most_splits);
  for (CaseSplit& split : splits) {
    const auto all_fail = [&](const Steps& steps) {
      const Propagation without(problem, requests, steps);
      if (!without.need(split.name).holds) return false;
      std::size_t covered = 0;
      for (const auto& one : split.cases) {
        covered += static_cast<std::size_t>(std::count_if(
            one.begin(), one.end(), [&](CandidateId c) { return without.is_left(c); }));
      }
      if (covered != without.left_of(split.name).size()) return false;
      return std::all_of(split.cases.begin(), split.cases.end(), [&](const auto& one) {
        return Propagation(problem, requests, steps, one).contradiction().has_value();
      });
    };
    if (!all_fail(all)) continue;
    split.steps = *smallest_steps(problem, requests, all_fail);
    return std::move(split);
  }
  return std::nullopt;
}

}  // namespace envlock
