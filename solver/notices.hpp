#pragma once

#include <vector>

#include "solver/problem.hpp"

namespace envlock {

/// What the user should know though a solution exists: names hidden by strict priority, versions
/// that an unlisted channel's packages kept back, and counts of records left out or dropped.
std::vector<SolveNotice> make_notices(const LoadedProblem& problem,
                                      const std::vector<CandidateId>& chosen);

}  // namespace envlock
