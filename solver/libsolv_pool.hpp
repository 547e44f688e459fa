#pragma once

#include <optional>
#include <vector>

#include "solver/problem.hpp"
#include "solver/reduce.hpp"

namespace envlock {

/// A wish about one name: its candidates in classes, best class first. The solver takes the best
/// class that what it has already decided leaves possible, and does not make the name present.
/// Live candidates that are in no class rank below the last one.
struct Ladder {
  NameId name = no_id;
  std::vector<std::vector<CandidateId>> classes;
};

/// What to decide, in this order, before anything else: each ladder's class, then which candidate
/// of each name. The first decision is never given up for a later one.
struct SolvePlan {
  std::vector<Ladder> ladders;
  std::vector<NameId> install;  ///< Names that must be present.
};

/// Runs libsolv over the candidates that are left. Knows nothing of conda: names, candidates and
/// sets are numbers to it.
/// @return one candidate for each present name, ascending; nothing where there is no solution
std::optional<std::vector<CandidateId>> run_libsolv(const LoadedProblem& problem,
                                                    const Reduced& reduced, const SolvePlan& plan);

}  // namespace envlock
