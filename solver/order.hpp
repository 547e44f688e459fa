#pragma once

#include <cstdint>
#include <vector>

#include "solver/problem.hpp"
#include "solver/prune.hpp"

namespace envlock {

/// Preference among the live candidates of each name (design section 6, CF 6.3).
struct Ranking {
  std::vector<std::vector<CandidateId>> best_first;  ///< Live candidates of each name.
  std::vector<std::uint32_t> place;  ///< Of each live candidate in its list: 0 is the best.
  /// Of each live candidate: equal for candidates of one name that differ in build only, that is
  /// in nothing that ranks as high as the version or above; 0 is the best.
  std::vector<std::uint32_t> version_class;
};

/// Channel priority where it is flexible, fewer track_features, version, channel order where
/// priority is disabled, build number; among equals the one whose dependencies allow newer
/// packages; then the later timestamp, then the file name. A total order that depends on nothing
/// but the question.
Ranking rank_candidates(const LoadedProblem& problem, const CandidateBits& live);

}  // namespace envlock
