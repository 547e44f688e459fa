#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "solver/libsolv_pool.hpp"
#include "solver/order.hpp"
#include "solver/problem.hpp"
#include "solver/prune.hpp"

namespace envlock {

/// The names that the user asked for, without virtual packages: python first, then by name.
std::vector<NameId> direct_names(const LoadedProblem& problem);

/// The live candidate of `name` that SolveQuestion::prefer wants kept.
std::optional<CandidateId> preferred(const LoadedProblem& problem, const CandidateBits& live,
                                     NameId name);

/// What a good solution decides, in this order: the best versions of updated names; the locked
/// records of direct requests and of python; the best versions of direct requests, python first;
/// the other locked records; the best python where one is needed though nobody asked for it; the
/// best builds of direct requests. A decision is never given up for a later one, so that no request
/// could have had a higher version without lowering one that comes before it.
SolvePlan make_plan(const LoadedProblem& problem, const Pruned& pruned, const Ranking& ranking);

}  // namespace envlock
