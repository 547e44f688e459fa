#pragma once

#include <optional>
#include <string>
#include <vector>

#include "solver/problem.hpp"

namespace envlock {

/// Nothing where `chosen` meets every request, dependency and constraint (CF 6.1); else what is
/// wrong. A last check that does not rely on libsolv, nor on what was dropped before it.
std::optional<std::string> find_fault(const LoadedProblem& problem,
                                      const std::vector<CandidateId>& chosen);

}  // namespace envlock
