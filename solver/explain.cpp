#include "solver/explain.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "solver/explain_absent.hpp"
#include "solver/explain_text.hpp"
#include "solver/libsolv_pool.hpp"
#include "solver/plan.hpp"
#include "solver/propagate.hpp"
#include "solver/prune.hpp"

namespace envlock {
namespace {

constexpr int deepest = 12;             // of nested lines; real chains are shorter
constexpr std::size_t most_groups = 4;  // different reasons shown for one name
constexpr std::size_t most_cases = 8;   // alternatives tried one by one

/// Any solution of some of the requests, without preferences.
std::optional<std::vector<CandidateId>> meet(const LoadedProblem& problem,
                                             const std::vector<bool>& requests) {
  std::optional<Pruned> pruned = prune(problem, &requests);
  if (!pruned) return std::nullopt;
  SolvePlan plan;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i] && !problem.names[problem.requests[i].name].is_virtual) {
      plan.install.push_back(problem.requests[i].name);
    }
  }
  const Reduced reduced = reduce(problem, *pruned, rank_candidates(problem, pruned->live));
  return run_libsolv(problem, reduced, plan);
}

std::string quoted(const std::string& text) { return "'" + text + "'"; }

class Explainer {
 public:
  explicit Explainer(const LoadedProblem& problem) : problem_(problem), absence_(problem, why_) {}

  Explanation run() {
    asked_ = smallest_conflict();
    for (std::uint32_t i = 0; i < asked_.size(); ++i) {
      if (asked_[i]) conflict_.push_back(i);
    }
    const Propagation facts(problem_, asked_);
    const std::string fact = facts.contradiction() ? tell(facts, 0) : tell_cases(facts);
    // Whoever is part of the conflict is named, also where the shortest chain went another way.
    for (const std::uint32_t i : conflict_) {
      if (!told_requests_.contains(i)) add_request(i, 0);
    }
    set_headline(fact);
    suggest_relaxing();
    return std::move(why_);
  }

 private:
  /// Requests of which none can be left out without making the others solvable.
  std::vector<bool> smallest_conflict() const {
    std::vector<bool> asked(problem_.requests.size(), true);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      asked[i] = false;
      if (can_meet(problem_, asked)) asked[i] = true;
    }
    return asked;
  }

  void add_line(int depth, std::string text, const SourcePlace& place = {}) {
    why_.lines.push_back({depth, std::move(text), place});
  }

  void add_request(std::uint32_t i, int depth) {
    told_requests_.insert(i);
    const Request& request = *problem_.requests[i].request;
    add_line(depth, quoted(request.text) + " is requested", request.place);
  }

  [[nodiscard]] const std::string& text_of(NameId name) const { return problem_.names[name].text; }

  [[nodiscard]] std::vector<CandidateId> all_of(NameId id) const {
    std::vector<CandidateId> all;
    for (CandidateId c = problem_.names[id].first; c < problem_.names[id].last; ++c)
      all.push_back(c);
    return all;
  }

  /// Where facts contradict each other: why the name must be there, then why it cannot.
  /// @return the point in one line, for the headline; may be empty
  std::string tell(const Propagation& facts, int depth) {
    const NameId name = *facts.contradiction();
    facts_ = &facts;
    telling_.clear();
    base_depth_ = depth;
    const int below = tell_need(name, depth);
    if (problem_.names[name].size() == 0) return absence_.explain_name(name, below);
    const Propagation::Need& need = facts.need(name);
    if (need.request != no_id) {
      const LoadedRequest& request = problem_.requests[need.request];
      if (problem_.sets[request.accepts].count == 0) {
        return absence_.explain_versions(name, request.spec, request.request->text, below);
      }
    }
    return tell_removals(name, wanted_of(name), below);
  }

  /// The chain from a request down to `name`, a line a step. @return the depth below it
  int tell_need(NameId name, int depth) {
    const Propagation::Need& need = facts_->need(name);
    if (need.request != no_id) {
      add_request(need.request, base_depth_);
      return base_depth_ + 1;
    }
    if (need.link == no_id) return depth;
    const Link& link = facts_->links()[need.link];
    if (link.from == name) return depth;  // an assumption: its line is there already
    if (!telling_.insert(link.from).second) return depth;
    const int below = tell_need(link.from, depth);
    add_line(below, step_text(link));
    return below + 1;
  }

  /// "pandas 3.0.0 to 3.0.5 needs 'python >=3.11'"
  [[nodiscard]] std::string step_text(const Link& link) const {
    return text_of(link.from) + " " + versions_of(problem_, link.left, all_of(link.from)) +
           (link.is_constraint ? " allows only " : " needs ") +
           texts_about(problem_, link.left, link.to, link.is_constraint);
  }

  /// The candidates that are in question for a name that must be there: what its own request or the
  /// step to it accepts.
  [[nodiscard]] std::vector<CandidateId> wanted_of(NameId name) const {
    const Propagation::Need& need = facts_->need(name);
    std::vector<CandidateId> wanted;
    for (const CandidateId c : all_of(name)) {
      const Removal& removal = facts_->removal(c);
      const bool by_request = removal.why == Removal::Why::request && removal.by == need.request;
      const bool by_link = removal.why == Removal::Why::not_accepted && removal.by == need.link;
      if (!by_request && !by_link) wanted.push_back(c);
    }
    return wanted;
  }

  /// Why none of some candidates of a name is left, one reason after the other.
  std::string tell_removals(NameId name, const std::vector<CandidateId>& wanted, int depth) {
    if (wanted.empty()) {
      const Propagation::Need& need = facts_->need(name);
      if (need.link == no_id) return {};
      // The step to it accepts nothing that exists.
      const Link& link = facts_->links()[need.link];
      return tell_nothing_accepted(link.left, name, link.is_constraint, depth);
    }
    std::map<std::pair<int, std::uint32_t>, std::vector<CandidateId>> groups;
    for (const CandidateId c : wanted) {
      const Removal& removal = facts_->removal(c);
      // Sets that differ only in what no longer matters are one reason: what is needed of one name.
      const bool is_set = removal.why == Removal::Why::needs || removal.why == Removal::Why::allows;
      groups[{static_cast<int>(removal.why), is_set ? problem_.sets[removal.by].name : removal.by}]
          .push_back(c);
    }
    std::vector<const std::vector<CandidateId>*> ordered;
    for (const auto& [reason, candidates] : groups) ordered.push_back(&candidates);
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto* a, const auto* b) { return a->size() > b->size(); });
    std::string fact;
    for (std::size_t i = 0; i < ordered.size(); ++i) {
      if (i == most_groups) {
        std::size_t rest = 0;
        for (std::size_t j = i; j < ordered.size(); ++j) rest += ordered[j]->size();
        add_line(depth, std::to_string(rest) +
                            (rest == 1 ? " more candidate" : " more candidates") + " of " +
                            text_of(name) + " cannot be used for " +
                            std::to_string(ordered.size() - i) + " other reasons");
        break;
      }
      std::string one = tell_group(name, *ordered[i], wanted, depth);
      if (fact.empty()) fact = std::move(one);
    }
    return fact;
  }

  /// Candidates of one name that are out for the same reason.
  std::string tell_group(NameId name, const std::vector<CandidateId>& group,
                         const std::vector<CandidateId>& among, int depth) {
    const Removal& removal = facts_->removal(group.front());
    const std::string who = text_of(name) + " " + versions_of(problem_, group, among);
    switch (removal.why) {
      case Removal::Why::request: {
        const Request& request = *problem_.requests[removal.by].request;
        told_requests_.insert(removal.by);
        add_line(depth, "but " + quoted(request.text) + " is requested, which leaves out " + who,
                 request.place);
        return {};
      }
      case Removal::Why::not_accepted: {
        const Link& link = facts_->links()[removal.by];
        if (link.from == name) return {};
        if (telling_.contains(link.from) || depth >= deepest) {
          add_line(depth, "but " + step_text(link) + ", which leaves out " + who);
          return {};
        }
        telling_.insert(link.from);
        const int below = tell_need(link.from, depth);
        add_line(below, step_text(link) + ", which leaves out " + who);
        return {};
      }
      case Removal::Why::needs:
      case Removal::Why::allows: {
        const NameId other = problem_.sets[removal.by].name;
        const bool constraint = removal.why == Removal::Why::allows;
        add_line(depth, who + (constraint ? " allows only " : " needs ") +
                            texts_about(problem_, group, other, constraint));
        if (depth >= deepest || !telling_.insert(other).second) return {};
        std::string fact = tell_nothing_accepted(group, other, constraint, depth + 1);
        telling_.erase(other);
        return fact;
      }
      case Removal::Why::none:
        break;
    }
    return {};
  }

  /// Why nothing of `to` that `group` accepts is left.
  std::string tell_nothing_accepted(const std::vector<CandidateId>& group, NameId to,
                                    bool constraint, int depth) {
    if (problem_.names[to].size() == 0) return absence_.explain_name(to, depth);
    std::vector<CandidateId> accepted;
    std::optional<DependencyId> sample;
    for (const CandidateId c : group) {
      const Candidate& candidate = problem_.candidates[c];
      for (const auto sets :
           {problem_.required_sets(candidate), problem_.allowed_sets(candidate)}) {
        for (const SetId set : sets) {
          if (problem_.sets[set].name != to) continue;
          for (const CandidateId other : all_of(to)) {
            if (problem_.accepts(set, other)) accepted.push_back(other);
          }
        }
      }
      for (const DependencyId id :
           constraint ? problem_.constrains_of(candidate) : problem_.depends_of(candidate)) {
        if (problem_.dependencies[id].name == to && problem_.dependencies[id].spec) sample = id;
      }
    }
    std::sort(accepted.begin(), accepted.end());
    accepted.erase(std::unique(accepted.begin(), accepted.end()), accepted.end());
    if (accepted.empty() && sample) {
      const Dependency& dependency = problem_.dependencies[*sample];
      return absence_.explain_versions(to, *dependency.spec, std::string(dependency.text), depth);
    }
    return tell_removals(to, accepted, depth);
  }

  /// Where looking at one name after the other finds no contradiction: one name's alternatives,
  /// each with its own.
  std::string tell_cases(const Propagation& facts) {
    std::optional<NameId> best;
    std::vector<std::vector<CandidateId>> best_cases;
    for (NameId name = 0; name < problem_.names.size(); ++name) {
      if (!facts.need(name).holds || problem_.names[name].is_virtual) continue;
      std::vector<std::vector<CandidateId>> cases = by_minor_version(facts.left_of(name));
      if (cases.size() < 2 || cases.size() > most_cases ||
          (best && cases.size() >= best_cases.size()))
        continue;
      const bool all_fail =
          std::all_of(cases.begin(), cases.end(), [&](const std::vector<CandidateId>& one) {
            return Propagation(problem_, asked_, one).contradiction().has_value();
          });
      if (!all_fail) continue;
      best = name;
      best_cases = std::move(cases);
    }
    if (!best) {
      for (const std::uint32_t i : conflict_) add_request(i, 0);
      add_line(0,
               "each of them can be met alone; all combinations of their packages were tried, and "
               "none fits");
      return {};
    }
    for (const std::uint32_t i : conflict_) add_request(i, 0);
    const std::vector<CandidateId> left = facts.left_of(*best);
    add_line(0, text_of(*best) + " has to be one of these:");
    for (const std::vector<CandidateId>& one : best_cases) {
      add_line(1, "with " + text_of(*best) + " " + versions_of(problem_, one, left) + ":");
      const Propagation facts_of_one(problem_, asked_, one);
      tell(facts_of_one, 2);
    }
    facts_ = nullptr;
    return {};
  }

  /// Candidates grouped by the first two parts of their versions: what other packages usually
  /// depend on.
  [[nodiscard]] std::vector<std::vector<CandidateId>> by_minor_version(
      const std::vector<CandidateId>& candidates) const {
    std::map<std::pair<std::uint32_t, std::string>, std::vector<CandidateId>> groups;
    std::map<std::string, std::uint32_t> first_order;
    const auto key_of = [&](CandidateId c) {
      const std::string text(problem_.version_text(problem_.candidates[c]));
      const std::size_t first = text.find('.');
      const std::size_t second = first == std::string::npos ? first : text.find('.', first + 1);
      return text.substr(0, second);
    };
    for (const CandidateId c : candidates) {
      first_order.try_emplace(key_of(c), problem_.version_order(problem_.candidates[c]));
    }
    for (const CandidateId c : candidates) {
      const std::string key = key_of(c);
      groups[{first_order[key], key}].push_back(c);
    }
    std::vector<std::vector<CandidateId>> result;
    for (auto& [key, group] : groups) result.push_back(std::move(group));
    return result;
  }

  void set_headline(const std::string& fact) {
    if (conflict_.size() == 1) {
      const std::string text = quoted(problem_.requests[conflict_.front()].request->text);
      why_.headline = text + " cannot be installed";
      if (!fact.empty()) why_.headline += ": " + fact;
      return;
    }
    for (std::size_t i = 0; i < conflict_.size(); ++i) {
      if (i != 0) why_.headline += i + 1 == conflict_.size() ? " and " : ", ";
      why_.headline += quoted(problem_.requests[conflict_[i]].request->text);
    }
    why_.headline += " cannot be installed together";
    if (!fact.empty()) why_.headline += ": " + fact;
  }

  /// What giving up one of the requests would lead to.
  void suggest_relaxing() {
    if (conflict_.size() < 2) return;
    std::size_t told = 0;
    for (const std::uint32_t i : conflict_) {
      if (told == 3) break;
      const LoadedRequest& request = problem_.requests[i];
      if (problem_.names[request.name].is_virtual) continue;
      std::vector<bool> others(problem_.requests.size(), true);
      others[i] = false;
      const auto solution = meet(problem_, others);
      if (!solution) continue;
      std::string text = "without " + quoted(request.request->text) + " there is a solution";
      for (const CandidateId c : *solution) {
        if (problem_.candidates[c].name == request.name) {
          text += ", with " + text_of(request.name) + " " +
                  std::string(problem_.version_text(problem_.candidates[c]));
        }
      }
      why_.suggestions.push_back(std::move(text));
      ++told;
    }
    if (told == 0) why_.suggestions.emplace_back("relax or remove one of these requests");
  }

  const LoadedProblem& problem_;
  Explanation why_;
  AbsenceExplainer absence_;
  std::vector<bool> asked_;              ///< The requests of the conflict.
  std::vector<std::uint32_t> conflict_;  ///< The same as places.
  const Propagation* facts_ = nullptr;   ///< What is being told.
  int base_depth_ = 0;                   ///< Where requests stand.
  std::set<NameId> telling_;  ///< Names on the way, so that no reason is told inside itself.
  std::set<std::uint32_t> told_requests_;
};

}  // namespace

bool can_meet(const LoadedProblem& problem, const std::vector<bool>& requests) {
  return meet(problem, requests).has_value();
}

Explanation explain(const LoadedProblem& problem) { return Explainer(problem).run(); }

}  // namespace envlock
