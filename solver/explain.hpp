#pragma once

#include "solver/problem.hpp"

namespace envlock {

/// Says why the problem has no solution. Call only where it has none. Every line is true by itself.
Explanation explain(const LoadedProblem& problem);

/// Whether some of the requests, those whose place in `requests` is true, can be met together.
/// Costs a solve without preferences.
bool can_meet(const LoadedProblem& problem, const std::vector<bool>& requests);

}  // namespace envlock
