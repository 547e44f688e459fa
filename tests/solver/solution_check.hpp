#pragma once

#include <string>
#include <vector>

#include "solver/solve.hpp"

namespace envlock::test {

/// Everything that is wrong with `packages` as an answer to `question`, by CF 6.1 and nothing of
/// the solver's own code: two packages of a name, requests, dependencies and constraints that are
/// not met, packages that no request leads to. Empty: it is a solution.
std::vector<std::string> faults_of(const std::vector<PackageRecord>& packages,
                                   const SolveQuestion& question);
std::vector<std::string> faults_of(const Solution& solution, const SolveQuestion& question);

}  // namespace envlock::test
