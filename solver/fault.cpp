#include "solver/fault.hpp"

#include <algorithm>

namespace envlock {

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
    const auto excludes = [&](SetId set) {
      const CandidateId other = of_name[problem.sets[set].name];
      return other != no_id && !problem.accepts(set, other);
    };
    for (const auto sets : {problem.required_sets(candidate), problem.allowed_sets(candidate)})
      if (const auto set = std::find_if(sets.begin(), sets.end(), excludes); set != sets.end())
        return "'" + problem.names[candidate.name].text + "' excludes '" +
               problem.names[problem.sets[*set].name].text + "'";
  }
  return std::nullopt;
}

}  // namespace envlock
