#pragma once

#include <optional>
#include <vector>

#include "solver/order.hpp"
#include "solver/problem.hpp"
#include "solver/prune.hpp"

namespace envlock {

/// Replaces single packages of a solution by better ones that fit all the others, until there are
/// none; leaves preferred records. libsolv decides what nobody asked for one by one, and may have
/// given a package up for one that a later decision dropped.
void raise_single_packages(const LoadedProblem& problem, const CandidateBits& live,
                           const Ranking& ranking, std::vector<CandidateId>& chosen);

/// Drops packages that no request needs, directly or through others. Ids stay sorted.
void drop_unneeded(const LoadedProblem& problem, std::vector<CandidateId>& chosen);

/// Nothing where `chosen` meets every request, dependency and constraint (CF 6.1); else what is
/// wrong. A last check that does not rely on libsolv.
std::optional<std::string> find_fault(const LoadedProblem& problem,
                                      const std::vector<CandidateId>& chosen);

}  // namespace envlock
