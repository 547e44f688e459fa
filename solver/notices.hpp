#pragma once

#include <vector>

#include "solver/problem.hpp"

namespace envlock {

/// What the user should know though a solution exists: CUDA builds passed over for lack of
/// `__cuda`, names hidden by strict priority, and counts of records that were left out or dropped.
std::vector<SolveNotice> make_notices(const LoadedProblem& problem,
                                      const std::vector<CandidateId>& chosen);

}  // namespace envlock
