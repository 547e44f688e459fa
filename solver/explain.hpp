#pragma once

#include "solver/problem.hpp"

namespace envlock {

/// Says why the problem has no solution. Call only where it has none. Every line is true by itself:
/// the requests of one smallest conflict, the fewest steps from them to a contradiction, and what
/// would help.
Explanation explain(const LoadedProblem& problem);

}  // namespace envlock
