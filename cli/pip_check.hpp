#pragma once

#include "cli/solve_ask.hpp"
#include "cli/solve_check.hpp"

namespace envlock {

/// What `solve --check` says of a lock's packages of PyPI, offline: each line has its package, in a
/// version that it takes, and what lies on disk is what was locked.
void check_pypi(const SolveAsk& ask, CheckResult& result);

}  // namespace envlock
