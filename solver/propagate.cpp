#include "solver/propagate.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace envlock {
namespace {

/// The set among a candidate's that is about `name`; no_id where there is none.
SetId set_about(const LoadedProblem& problem, std::span<const SetId> sets, NameId name) {
  const auto found = std::find_if(sets.begin(), sets.end(),
                                  [&](SetId set) { return problem.sets[set].name == name; });
  return found == sets.end() ? no_id : *found;
}

}  // namespace

Propagation::Propagation(const LoadedProblem& problem, const std::vector<bool>& requests,
                         const Steps& steps, const std::vector<CandidateId>& assumption)
    : problem_(problem),
      steps_(steps),
      first_step_(problem.names.size() + 1),
      removals_(problem.candidates.size()),
      needs_(problem.names.size()),
      followed_(problem.names.size()) {
  std::stable_sort(steps_.begin(), steps_.end(),
                   [](const Step& a, const Step& b) { return a.from < b.from; });
  for (const Step& step : steps_) ++first_step_[step.from + 1];
  std::partial_sum(first_step_.begin(), first_step_.end(), first_step_.begin());
  for (const Name& name : problem.names) left_.push_back(static_cast<std::uint32_t>(name.size()));
  // What is assumed of the target is there whether or not anything needs it.
  for (NameId name = 0; name < problem.names.size(); ++name) {
    if (problem.names[name].is_virtual && problem.names[name].size() != 0)
      needs_[name].holds = true;
  }
  for (std::uint32_t i = 0; i < requests.size(); ++i) {
    if (!requests[i]) continue;
    const LoadedRequest& request = problem.requests[i];
    require(request.name, {true, i, no_id});
    const Name& name = problem.names[request.name];
    for (CandidateId c = name.first; c < name.last; ++c) {
      if (!problem.accepts(request.accepts, c)) remove(c, Removal::Why::request, i);
    }
  }
  if (!assumption.empty()) {
    const NameId assumed = problem.candidates[assumption.front()].name;
    links_.push_back({assumed, assumed, false, assumption});
    const auto link = static_cast<std::uint32_t>(links_.size() - 1);
    require(assumed, {true, no_id, link});
    const Name& name = problem.names[assumed];
    for (CandidateId c = name.first; c < name.last; ++c) {
      if (std::find(assumption.begin(), assumption.end(), c) == assumption.end())
        remove(c, Removal::Why::not_accepted, link);
    }
  }
  run();
}

void Propagation::run() {
  do {
    changed_ = false;
    if (find_contradiction()) return;
    // By index: follow() adds to the list.
    for (std::size_t i = 0; i < needed_.size(); ++i) {
      follow(needed_[i]);
      if (find_contradiction()) return;
    }
    remove_what_lacks();
  } while (changed_);
  find_contradiction();
}

std::vector<CandidateId> Propagation::left_of(NameId id) const {
  std::vector<CandidateId> left;
  const Name& name = problem_.names[id];
  for (CandidateId c = name.first; c < name.last; ++c) {
    if (is_left(c)) left.push_back(c);
  }
  return left;
}

void Propagation::require(NameId name, Need need) {
  if (needs_[name].holds) return;
  needs_[name] = need;
  needed_.push_back(name);
  changed_ = true;
}

void Propagation::remove(CandidateId candidate, Removal::Why why, std::uint32_t by) {
  if (!is_left(candidate)) return;
  removals_[candidate] = {why, by};
  --left_[problem_.candidates[candidate].name];
  changed_ = true;
}

bool Propagation::has_left(SetId set) const {
  const Name& name = problem_.names[problem_.sets[set].name];
  for (CandidateId c = name.first; c < name.last; ++c) {
    if (is_left(c) && problem_.accepts(set, c)) return true;
  }
  return false;
}

void Propagation::remove_what_lacks() {
  // One answer a set and pass: candidates share their sets.
  enum class Known : std::uint8_t { no, some_left, none_left };
  std::vector<Known> known(problem_.sets.size(), Known::no);
  const auto is_empty = [&](SetId set) {
    if (known[set] == Known::no) known[set] = has_left(set) ? Known::some_left : Known::none_left;
    return known[set] == Known::none_left;
  };
  struct Lack {
    CandidateId candidate;
    Removal removal;
  };
  std::vector<Lack> lacks;
  std::vector<char> looked_at(problem_.names.size());
  const auto lack_of = [&](CandidateId c) -> std::optional<Removal> {
    const Candidate& candidate = problem_.candidates[c];
    for (const SetId set : problem_.required_sets(candidate)) {
      if (looked_at[problem_.sets[set].name] == 0) continue;
      const bool itself = problem_.sets[set].name == candidate.name;
      if (itself ? !problem_.accepts(set, c) : is_empty(set))
        return Removal{Removal::Why::needs, set};
    }
    for (const SetId set : problem_.allowed_sets(candidate)) {
      const NameId other = problem_.sets[set].name;
      if (looked_at[other] == 0) continue;
      const bool itself = other == candidate.name;
      if (itself ? !problem_.accepts(set, c) : needs_[other].holds && is_empty(set))
        return Removal{Removal::Why::allows, set};
    }
    return std::nullopt;
  };
  for (NameId from = 0; from < problem_.names.size(); ++from) {
    const auto steps = steps_of(from);
    if (steps.empty() || left_[from] == 0) continue;
    for (const Step& step : steps) looked_at[step.to] = 1;
    const Name& name = problem_.names[from];
    for (CandidateId c = name.first; c < name.last; ++c) {
      if (!is_left(c)) continue;
      if (const auto removal = lack_of(c)) lacks.push_back({c, *removal});
    }
    for (const Step& step : steps) looked_at[step.to] = 0;
  }
  // Together and last: what is removed here counts from the next pass on, so that the shortest
  // reasons come first.
  for (const Lack& lack : lacks) remove(lack.candidate, lack.removal.why, lack.removal.by);
}

void Propagation::follow(NameId from) {
  const auto steps = steps_of(from);
  if (steps.empty() || left_[from] == 0) return;
  // What has been drawn from as many candidates and needed names is drawn already.
  const std::pair seen(left_[from], needed_.size());
  if (std::exchange(followed_[from], seen) == seen) return;
  const std::vector<CandidateId> left = left_of(from);
  for (const Step& step : steps) {
    if (step.to == from) continue;
    const bool all_need = std::all_of(left.begin(), left.end(), [&](CandidateId c) {
      return set_about(problem_, problem_.required_sets(problem_.candidates[c]), step.to) != no_id;
    });
    if (all_need) {
      restrict_to(from, step.to, false);
    } else if (needs_[step.to].holds) {
      restrict_to(from, step.to, true);
    }
  }
}

void Propagation::restrict_to(NameId from, NameId to, bool is_constraint) {
  const std::vector<CandidateId> left = left_of(from);
  std::vector<SetId> sets;
  for (const CandidateId c : left) {
    const Candidate& candidate = problem_.candidates[c];
    SetId set = set_about(problem_, problem_.required_sets(candidate), to);
    if (set == no_id) set = set_about(problem_, problem_.allowed_sets(candidate), to);
    if (set == no_id) return;  // one of them allows all of `to`
    if (std::find(sets.begin(), sets.end(), set) == sets.end()) sets.push_back(set);
  }
  std::optional<std::uint32_t> link;
  const auto make_link = [&] {
    if (!link) {
      links_.push_back({from, to, is_constraint, left});
      link = static_cast<std::uint32_t>(links_.size() - 1);
    }
    return *link;
  };
  if (!is_constraint && !needs_[to].holds) require(to, {true, no_id, make_link()});
  const Name& name = problem_.names[to];
  for (CandidateId c = name.first; c < name.last; ++c) {
    if (!is_left(c)) continue;
    const bool accepted =
        std::any_of(sets.begin(), sets.end(), [&](SetId set) { return problem_.accepts(set, c); });
    if (!accepted) remove(c, Removal::Why::not_accepted, make_link());
  }
}

bool Propagation::find_contradiction() {
  for (const NameId name : needed_) {
    if (left_[name] != 0) continue;
    contradiction_ = name;
    return true;
  }
  return false;
}

}  // namespace envlock
