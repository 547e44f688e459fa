#pragma once

#include <string>
#include <vector>

#include "verify/finding.hpp"

namespace envlock {

/// Of an environment's findings those that tell of somebody's work in it: files that were changed,
/// and what no package brought. It is lost where another environment takes this one's place.
/// Permissions, missing files and what is made anew anyway are none.
std::vector<Finding> local_changes(std::vector<Finding> findings);

/// Refuses to remove an environment that was kept when it was replaced, and that holds somebody's
/// work.
/// @param previous  where it lies
/// @throws Error (8, unfit) with the first twenty of these changes
void require_nothing_lost(const std::vector<Finding>& changes, const std::string& previous);

/// What to say before another environment takes the place of one with these changes, a line each:
/// the first twenty of them, and how many more there are. Empty where nothing is lost.
/// @param drops_previous  an environment that was kept before makes room for this one
std::vector<std::string> told_replacement(const std::vector<Finding>& changes, bool drops_previous);

}  // namespace envlock
