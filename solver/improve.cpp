#include "solver/improve.hpp"

#include <algorithm>

#include "solver/plan.hpp"

namespace envlock {
namespace {

/// The chosen candidate of each name.
std::vector<CandidateId> by_name(const LoadedProblem& problem,
                                 const std::vector<CandidateId>& chosen) {
  std::vector<CandidateId> of_name(problem.names.size(), no_id);
  for (const CandidateId candidate : chosen)
    of_name[problem.candidates[candidate].name] = candidate;
  return of_name;
}

}  // namespace

void raise_single_packages(const LoadedProblem& problem, const CandidateBits& live,
                           const Ranking& ranking, std::vector<CandidateId>& chosen) {
  std::vector<CandidateId> of_name = by_name(problem, chosen);
  // What the chosen packages say of each name, and of whom each says something.
  const auto each_set = [&](CandidateId id, const auto& visit) {
    for (const SetId set : problem.required_sets(problem.candidates[id])) visit(set, true);
    for (const SetId set : problem.allowed_sets(problem.candidates[id])) visit(set, false);
  };
  const auto fits = [&](CandidateId better, NameId name) {
    bool good = true;
    each_set(better, [&](SetId set, bool needed) {
      const NameId other = problem.sets[set].name;
      if (other == name) return;
      if (of_name[other] == no_id ? needed : !problem.accepts(set, of_name[other])) good = false;
    });
    return good;
  };
  std::vector<NameId> order;
  for (NameId name = 0; name < problem.names.size(); ++name)
    if (of_name[name] != no_id && preferred(problem, live, name) != of_name[name])
      order.push_back(name);
  std::sort(order.begin(), order.end(),
            [&](NameId a, NameId b) { return problem.names[a].text < problem.names[b].text; });
  for (bool changed = true; changed;) {
    changed = false;
    std::vector<std::vector<SetId>> said(problem.names.size());
    for (const CandidateId candidate : of_name)
      if (candidate != no_id)
        each_set(candidate, [&](SetId set, bool) { said[problem.sets[set].name].push_back(set); });
    for (const NameId name : order) {
      const auto& list = ranking.best_first[name];
      for (std::uint32_t place = 0; place < ranking.place[of_name[name]]; ++place) {
        const CandidateId better = list[place];
        const bool accepted = std::all_of(said[name].begin(), said[name].end(),
                                          [&](SetId set) { return problem.accepts(set, better); });
        if (!accepted || !fits(better, name)) continue;
        of_name[name] = better;
        changed = true;
        break;
      }
      if (changed) break;  // what is said of other names has changed
    }
  }
  chosen.clear();
  for (const CandidateId candidate : of_name)
    if (candidate != no_id) chosen.push_back(candidate);
  std::sort(chosen.begin(), chosen.end());
}

void drop_unneeded(const LoadedProblem& problem, std::vector<CandidateId>& chosen) {
  const std::vector<CandidateId> of_name = by_name(problem, chosen);
  std::vector<CandidateId> needed, open;
  std::vector<char> seen(problem.names.size());
  const auto need = [&](NameId name) {
    if (seen[name] != 0 || of_name[name] == no_id) return;
    seen[name] = 1;
    open.push_back(of_name[name]);
  };
  for (const LoadedRequest& request : problem.requests) need(request.name);
  for (NameId name = 0; name < problem.names.size(); ++name)
    if (problem.names[name].is_virtual) need(name);
  while (!open.empty()) {
    const CandidateId candidate = open.back();
    open.pop_back();
    needed.push_back(candidate);
    for (const SetId set : problem.required_sets(problem.candidates[candidate]))
      need(problem.sets[set].name);
  }
  std::sort(needed.begin(), needed.end());
  chosen = std::move(needed);
}

std::optional<std::string> find_fault(const LoadedProblem& problem,
                                      const std::vector<CandidateId>& chosen) {
  std::vector<CandidateId> of_name(problem.names.size(), no_id);
  for (const CandidateId candidate : chosen) {
    CandidateId& place = of_name[problem.candidates[candidate].name];
    if (place != no_id) return "two packages of one name";
    place = candidate;
  }
  for (const LoadedRequest& request : problem.requests)
    if (of_name[request.name] == no_id || !problem.accepts(request.accepts, of_name[request.name]))
      return "the request '" + request.request->text + "' is not met";
  for (NameId name = 0; name < problem.names.size(); ++name)
    if (problem.names[name].is_virtual && problem.names[name].size() != 0 && of_name[name] == no_id)
      return "the virtual package '" + problem.names[name].text + "' is missing";
  for (const CandidateId id : chosen) {
    const Candidate& candidate = problem.candidates[id];
    for (const DependencyId text : problem.depends_of(candidate)) {
      const Dependency& dependency = problem.dependencies[text];
      const CandidateId other = of_name[dependency.name];
      if (other == no_id || !problem.accepts(dependency.accepts, other))
        return "'" + problem.names[candidate.name].text + "' needs '" +
               std::string(dependency.text) + "'";
    }
    for (const SetId set : problem.allowed_sets(candidate)) {
      const CandidateId other = of_name[problem.sets[set].name];
      if (other != no_id && !problem.accepts(set, other))
        return "'" + problem.names[candidate.name].text + "' excludes '" +
               problem.names[problem.sets[set].name].text + "'";
    }
  }
  return std::nullopt;
}

}  // namespace envlock
