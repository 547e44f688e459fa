#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "solver/problem.hpp"
#include "solver/propagate.hpp"

namespace envlock {

/// Candidates that meet those requests whose place is true; nothing where there is no solution.
/// @param at_best  versions as `solve` would choose them; else any, which costs less
std::optional<std::vector<CandidateId>> meet(const LoadedProblem& problem,
                                             const std::vector<bool>& requests, bool at_best);

/// Requests that cannot be met together, none of which can be left out of that. Where there are
/// several such conflicts: one of a single request that nothing matches, else one between requests
/// that say more than a name, as far as that goes. Call only where there is no solution.
std::vector<bool> smallest_conflict(const LoadedProblem& problem);

/// The fewest, nearest steps from the requests on for which `fails` holds: none of them can be left
/// out. Steps between requested names are kept rather than others. `fails` must hold of more steps
/// where it holds of some.
/// @return nothing where `fails` does not hold of all steps
std::optional<Steps> smallest_steps(const LoadedProblem& problem, const std::vector<bool>& requests,
                                    const std::function<bool(const Steps&)>& fails);

/// A name that must be there, with its alternatives, none of which is possible.
struct CaseSplit {
  NameId name = no_id;
  std::vector<std::vector<CandidateId>> cases;
  Steps steps;  ///< The fewest that show it.
};

/// The split with the fewest cases; for conflicts that looking at one name after the other does not
/// show. @return nothing where none of a few dozen likely splits shows the conflict
std::optional<CaseSplit> split_cases(const LoadedProblem& problem,
                                     const std::vector<bool>& requests);

}  // namespace envlock
