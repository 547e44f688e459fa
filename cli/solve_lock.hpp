#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/channel_set.hpp"
#include "cli/solve_ask.hpp"
#include "model/lockfile.hpp"
#include "solver/solve.hpp"

namespace envlock {

/// The questions of one lock for the solver, platform by platform.
/// @param exactly  the lock of the environment named by `same_versions_as`, or null
std::map<Platform, SolveQuestion> questions_of(const SolveAsk& ask, const ChannelSet& channels,
                                               const Lockfile* exactly);

/// All platforms, in parallel on at most `threads` threads, from the same questions always the same
/// answers.
/// @throws the error of the first platform (by name) that failed; UnsolvableError says so of every
/// platform without a solution
std::map<Platform, Solution> solve_all(const std::map<Platform, SolveQuestion>& questions,
                                       unsigned threads);

/// The lock that says so.
Lockfile make_lock(const SolveAsk& ask, const ChannelSet& channels,
                   const std::map<Platform, Solution>& solutions);

/// One package that differs between two locks of a platform.
struct PackageChange {
  const LockedPackage* before = nullptr;  ///< Null: added.
  const LockedPackage* after = nullptr;   ///< Null: removed.
  [[nodiscard]] const std::string& name() const {
    return (after != nullptr ? after : before)->record.name;
  }
};

/// By name; a package counts as changed where its version, build, channel or sha256 differ.
std::vector<PackageChange> changes_between(const LockPlatform* before, const LockPlatform& after);

/// How many of the changed packages hang together, by dependencies among the changed ones, with
/// none of the names in `causes`: packages that moved although nobody asked for it.
std::size_t count_unrelated(const std::vector<PackageChange>& changes,
                            const std::vector<std::string>& causes);

}  // namespace envlock
