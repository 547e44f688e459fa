#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verify/finding.hpp"

namespace envlock {

/// Of an environment's findings those that tell of somebody's work in it: files that were changed,
/// and what no package brought. It is lost where another environment takes this one's place.
/// Permissions, missing files and what is made anew anyway are none.
std::vector<Finding> local_changes(std::vector<Finding> findings);

/// What to say before another environment takes the place of one with these changes, a line each:
/// the first twenty of them, and how many more there are. Empty where nothing is lost.
/// @param dropped  the changes in an environment that was kept before and makes room for this one;
///                 nothing: there is none
std::vector<std::string> told_replacement(const std::vector<Finding>& changes,
                                          const std::optional<std::vector<Finding>>& dropped);

}  // namespace envlock
