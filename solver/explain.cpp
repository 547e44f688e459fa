#include "solver/explain.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "solver/conflict.hpp"
#include "solver/explain_absent.hpp"
#include "solver/explain_relax.hpp"
#include "solver/explain_text.hpp"
#include "solver/propagate.hpp"

namespace envlock {
namespace {

constexpr int deepest = 12;             // of nested lines; real chains are shorter
constexpr std::size_t most_groups = 4;  // different reasons shown for one name

class Explainer {
 public:
  explicit Explainer(const LoadedProblem& problem) : problem_(problem), absence_(problem, why_) {}

  Explanation run() {
    std::vector<std::uint32_t> hopeless;
    for (std::uint32_t i = 0; i < problem_.requests.size(); ++i) {
      if (problem_.sets[problem_.requests[i].accepts].count == 0) hopeless.push_back(i);
    }
    if (hopeless.size() > 1) {
      tell_hopeless(hopeless);
      return std::move(why_);
    }
    asked_ = smallest_conflict(problem_);
    for (std::uint32_t i = 0; i < asked_.size(); ++i) {
      if (asked_[i]) conflict_.push_back(i);
    }
    const auto contradicts = [&](const Steps& steps) {
      return Propagation(problem_, asked_, steps).contradiction().has_value();
    };
    std::string fact;
    if (const auto steps = smallest_steps(problem_, asked_, contradicts)) {
      steps_ = *steps;
      fact = tell(Propagation(problem_, asked_, steps_), 0);
    } else {
      fact = tell_cases();
    }
    // Whoever is part of the conflict is named, also where the shortest chain went another way.
    for (const std::uint32_t i : conflict_) {
      if (!told_requests_.contains(i)) add_request(i, 0);
    }
    set_headline(fact);
    for (std::string& way : ways_out(problem_, conflict_)) {
      why_.suggestions.push_back(std::move(way));
    }
    return std::move(why_);
  }

 private:
  void add_line(int depth, std::string text, const SourcePlace& place = {}) {
    why_.lines.push_back({depth, std::move(text), place});
  }

  void add_request(std::uint32_t i, int depth, const char* before = "") {
    told_requests_.insert(i);
    const Request& request = *problem_.requests[i].request;
    add_line(depth, before + name_of(request) + " is requested", request.place);
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
    told_.clear();
    base_depth_ = depth;
    const int below = tell_need(name, depth, true);
    const Propagation::Need& need = facts.need(name);
    if (problem_.names[name].size() == 0) {
      const bool requested = need.request != no_id;
      return absence_.explain_name(name, requested,
                                   requested
                                       ? problem_.requests[need.request].request->text
                                       : texts_about(problem_, facts.links()[need.link].left, name),
                                   below);
    }
    if (need.request != no_id) {
      const LoadedRequest& request = problem_.requests[need.request];
      if (problem_.sets[request.accepts].count == 0) {
        return absence_.explain_versions(name, request.spec, request.request->text, below);
      }
    }
    return tell_removals(name, wanted_of(name), below, true);
  }

  /// Whether a line that is added now can hang from a name that was told.
  [[nodiscard]] bool is_open(NameId name) const {
    const auto found = told_.find(name);
    if (found == told_.end()) return false;
    const Told& told = found->second;
    return std::all_of(why_.lines.begin() + static_cast<std::ptrdiff_t>(told.lines),
                       why_.lines.end(),
                       [&](const ExplanationLine& line) { return line.depth >= told.below; });
  }

  /// The chain from a request down to `name`, a line a step.
  /// @param is_end  nothing follows that must stand at `depth`, so that the chain may begin further
  ///                up: at its request, or below the name of it that lines still hang from. Else it
  ///                is told in full at `depth`, or from what was told before.
  /// @return the depth below it
  int tell_need(NameId name, int depth, bool is_end) {
    if (is_end && is_open(name)) return told_.at(name).below;
    const Propagation::Need& need = facts_->need(name);
    const int begin = is_end ? base_depth_ : depth;
    int below = begin;
    if (need.request != no_id) {
      add_request(need.request, begin, is_end ? "" : "but ");
    } else if (need.link == no_id) {
      return depth;
    } else {
      const Link& link = facts_->links()[need.link];
      if (link.from == name) return begin;  // an assumption: its line is there already
      const bool goes_on = is_end || !told_.contains(link.from);
      if (goes_on) below = tell_need(link.from, depth, is_end);
      add_line(below, (below == depth && !is_end ? "but " : "") + step_text(link));
    }
    told_[name] = {below + 1, why_.lines.size()};
    return below + 1;
  }

  /// "pandas 3.0.0 to 3.0.5 needs 'python >=3.11'"
  /// @param left_out  what follows from it, where that is told too
  [[nodiscard]] std::string step_text(const Link& link,
                                      const std::vector<CandidateId>& left_out = {}) const {
    return text_of(link.from) + " " + versions_of(problem_, link.left, wanted_of(link.from)) +
           (link.is_constraint ? " allows only " : " needs ") +
           texts_about(problem_, link.left, link.to, left_out);
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

  /// Whether a group of candidates is out by a step from another name, whose need is told with it.
  [[nodiscard]] bool needs_chain(NameId name, const std::vector<CandidateId>& group) const {
    const Removal& removal = facts_->removal(group.front());
    return removal.why == Removal::Why::not_accepted && facts_->links()[removal.by].from != name;
  }

  /// Why none of some candidates of a name is left, one reason after the other.
  /// @param is_end  as in tell_need
  std::string tell_removals(NameId name, const std::vector<CandidateId>& wanted, int depth,
                            bool is_end) {
    if (wanted.empty()) {
      const Propagation::Need& need = facts_->need(name);
      if (need.link == no_id) return {};
      // The step to it accepts nothing that exists.
      const Link& link = facts_->links()[need.link];
      return tell_nothing_accepted(link.left, name, depth, is_end);
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
    // Chains last, those of names that lines still hang from before others: what stands below a
    // chain's request would seem to follow from it.
    const auto rank = [&](const std::vector<CandidateId>* group) {
      if (!needs_chain(name, *group)) return 0;
      return is_open(facts_->links()[facts_->removal(group->front()).by].from) ? 1 : 2;
    };
    const auto told = static_cast<std::ptrdiff_t>(std::min(most_groups, ordered.size()));
    std::stable_sort(ordered.begin(), ordered.begin() + told,
                     [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
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
      const bool ends =
          is_end && ordered.size() <= most_groups &&
          std::all_of(ordered.begin() + static_cast<std::ptrdiff_t>(i) + 1, ordered.end(),
                      [&](const auto* later) { return needs_chain(name, *later); });
      std::string one = tell_group(name, *ordered[i], wanted, depth, ends);
      if (fact.empty()) fact = std::move(one);
    }
    return fact;
  }

  /// Candidates of one name that are out for the same reason.
  std::string tell_group(NameId name, const std::vector<CandidateId>& group,
                         const std::vector<CandidateId>& among, int depth, bool is_end) {
    const Removal& removal = facts_->removal(group.front());
    const std::string who = text_of(name) + " " + versions_of(problem_, group, among);
    switch (removal.why) {
      case Removal::Why::request: {
        const Request& request = *problem_.requests[removal.by].request;
        told_requests_.insert(removal.by);
        add_line(depth, "but " + name_of(request) + " is requested, which leaves out " + who,
                 request.place);
        return {};
      }
      case Removal::Why::not_accepted: {
        const Link& link = facts_->links()[removal.by];
        if (link.from == name) return {};
        const std::string text = step_text(link, group) + ", which leaves out " + who;
        const bool is_told = told_.contains(link.from);
        if (depth >= deepest || (!is_end && is_told)) {
          add_line(depth, "but " + text);
          return {};
        }
        const char* before = is_open(link.from) ? "but " : "";
        const int below = tell_need(link.from, depth, is_end);
        add_line(below, before + text);
        return {};
      }
      case Removal::Why::needs:
      case Removal::Why::allows: {
        const NameId other = problem_.sets[removal.by].name;
        const std::string what =
            who + (removal.why == Removal::Why::allows ? " allows only " : " needs ") +
            texts_about(problem_, group, other);
        if (other == name) {
          add_line(depth, what + ", which it is not itself");
          return {};
        }
        add_line(depth, what);
        if (depth >= deepest || !telling_.insert(other).second) return {};
        std::string fact = tell_nothing_accepted(group, other, depth + 1, is_end);
        telling_.erase(other);
        return fact;
      }
      case Removal::Why::none:
        break;
    }
    return {};
  }

  /// Why nothing of `to` that `group` accepts is left.
  std::string tell_nothing_accepted(const std::vector<CandidateId>& group, NameId to, int depth,
                                    bool is_end) {
    if (problem_.names[to].size() == 0) {
      return absence_.explain_name(to, false, texts_about(problem_, group, to), depth);
    }
    const std::vector<CandidateId> accepted = accepted_by(problem_, group, to);
    if (!accepted.empty()) return tell_removals(to, accepted, depth, is_end);
    for (const CandidateId c : group) {
      const Candidate& candidate = problem_.candidates[c];
      for (const auto ids : {problem_.depends_of(candidate), problem_.constrains_of(candidate)}) {
        for (const DependencyId id : ids) {
          const Dependency& dependency = problem_.dependencies[id];
          if (dependency.name != to || problem_.sets[dependency.accepts].count != 0) continue;
          return absence_.explain_versions(to, *dependency.spec, std::string(dependency.text),
                                           depth);
        }
      }
    }
    // Each of its statements can be met, but no two of them together.
    add_line(depth, "no " + text_of(to) + " is all of that");
    return {};
  }

  /// Where looking at one name after the other finds no contradiction: one name's alternatives,
  /// each with its own.
  std::string tell_cases() {
    const std::optional<CaseSplit> split = split_cases(problem_, asked_);
    if (!split) {
      for (const std::uint32_t i : conflict_) add_request(i, 0);
      add_line(0, conflict_.size() == 1
                      ? "every combination of packages for it was tried, and none fits"
                      : "each of them can be met without the others, but no combination of "
                        "packages meets all of them: every one was tried");
      return {};
    }
    steps_ = split->steps;
    const Propagation facts(problem_, asked_, steps_);
    facts_ = &facts;
    tell_need(split->name, 0, true);
    for (const std::uint32_t i : conflict_) {
      if (!told_requests_.contains(i)) add_request(i, 0);
    }
    const std::vector<CandidateId> left = facts.left_of(split->name);
    for (const std::vector<CandidateId>& one : split->cases) {
      add_line(0, "with " + text_of(split->name) + " " + versions_of(problem_, one, left) + ":");
      tell(Propagation(problem_, asked_, steps_, one), 1);
    }
    return {};
  }

  /// Requests that nothing can meet, whatever else is asked: each alone, and all of them.
  void tell_hopeless(const std::vector<std::uint32_t>& hopeless) {
    absence_.set_several();
    for (const std::uint32_t i : hopeless) {
      const LoadedRequest& request = problem_.requests[i];
      const std::string& text = request.request->text;
      add_request(i, 0);
      if (problem_.names[request.name].size() == 0) {
        absence_.explain_name(request.name, true, text, 1);
      } else {
        absence_.explain_versions(request.name, request.spec, text, 1);
      }
    }
    why_.headline = list_of(hopeless) + " cannot be installed: nothing matches any of them";
  }

  [[nodiscard]] std::string list_of(const std::vector<std::uint32_t>& requests) const {
    std::string text;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (i != 0) text += i + 1 == requests.size() ? " and " : ", ";
      text += name_of(*problem_.requests[requests[i]].request);
    }
    return text;
  }

  void set_headline(const std::string& fact) {
    why_.headline = list_of(conflict_) + " cannot be installed";
    if (conflict_.size() != 1) why_.headline += " together";
    if (!fact.empty()) why_.headline += ": " + fact;
  }

  const LoadedProblem& problem_;
  Explanation why_;
  AbsenceExplainer absence_;
  std::vector<bool> asked_;              ///< The requests of the conflict.
  std::vector<std::uint32_t> conflict_;  ///< The same as places.
  Steps steps_;                          ///< The fewest that contradict each other.
  const Propagation* facts_ = nullptr;   ///< What is being told.
  int base_depth_ = 0;                   ///< Where requests stand.
  std::set<NameId> telling_;  ///< Names on the way, so that no reason is told inside itself.
  /// Of a name of which it was told why it must be there.
  struct Told {
    int below = 0;          ///< Depth of the lines that hang from it.
    std::size_t lines = 0;  ///< How many there were then.
  };
  std::map<NameId, Told> told_;
  std::set<std::uint32_t> told_requests_;
};

}  // namespace

Explanation explain(const LoadedProblem& problem) {
  const SolveQuestion& question = *problem.question;
  if (question.updates.empty()) return Explainer(problem).run();
  // Updates are told among the requests, so that neither side is taken for granted. Where there is
  // a solution without them, what they name is in each: it is as good as requested.
  SolveQuestion other = question;
  other.updates.clear();
  const LoadedProblem without = load_problem(other);
  if (!meet(without, std::vector<bool>(without.requests.size(), true), false))
    return Explainer(without).run();
  for (Request update : question.updates) {
    const MatchSpec spec = MatchSpec::parse(update.text);
    const auto name = without.find_name(spec.name());
    if (!spec.has_exact_name() || !name || without.names[*name].size() == 0) {
      other.updates.push_back(std::move(update));
      continue;
    }
    update.is_update = true;
    update.place = {};
    other.requests.push_back(std::move(update));
  }
  return Explainer(load_problem(other)).run();
}

}  // namespace envlock
