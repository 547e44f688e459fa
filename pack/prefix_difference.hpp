#pragma once

#include <string>
#include <vector>

#include "pack/installed_state.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

/// How an existing prefix becomes a plan.
struct PrefixDifference {
  std::vector<bool> wanted;  ///< As AssembleSettings::wanted: what must be made anew.
  std::vector<const InstalledState::Package*> leaving;  ///< Records that go: removed or replaced.
  std::vector<const InstalledState::Package*> kept;
  std::vector<std::string> remove;   ///< Paths that no package has any more, sorted.
  std::vector<std::string> place;    ///< Of the plan, to be made; sorted.
  std::vector<std::string> folders;  ///< Of the plan, to be made.
  std::string python;                ///< Of the existing prefix: "3.11", or empty.
};

/// Packages are the same where name, version, build and sha256 are; those of noarch:python
/// only where python keeps its modules where it did, and those that several claim a path of only
/// where it stays with whom it was.
/// @param all_anew  no package is kept
PrefixDifference prefix_difference(const InstalledState& state, const TreePlan& plan,
                                   bool all_anew = false);

/// What is in the way: paths that would be placed where something lies that no leaving package
/// owns, or below something that is no folder.
/// @throws Error (8) naming them
void require_room(int prefix_fd, const std::string& shown, const PrefixDifference& difference);

/// What no rename can replace, whoever brought it: a folder with something in it where a file must
/// go, or another thing than a folder where one must be. Folders that are empty, or become so by
/// what is removed, give way.
/// @param more  further files that are placed
/// @throws Error (8) naming them all
void require_kinds(int prefix_fd, const std::string& shown, const PrefixDifference& difference,
                   const std::vector<std::string>& more);

}  // namespace envlock
