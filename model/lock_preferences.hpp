#pragma once

#include <vector>

#include "model/lockfile.hpp"

namespace envlock {

/// What a merge of one platform prefers, one package for each name: that of the side that moved it
/// alone, else the higher one (see `merge_locks`). Sorted by name, and as a whole no solution.
std::vector<LockedPackage> merge_preferences(const LockPlatform& base, const LockPlatform& ours,
                                             const LockPlatform& theirs);

}  // namespace envlock
