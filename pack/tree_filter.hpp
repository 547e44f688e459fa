#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "pack/tree_plan.hpp"

namespace envlock {

/// One step of what goes into a pack: files are taken out, or those that were taken out before come
/// back.
struct FilterStep {
  enum class Kind : std::uint8_t { exclude, include };
  Kind kind = Kind::exclude;
  /// Matched against the whole path in the prefix; '*' stands for any characters, '/' too. What
  /// matches a folder's path holds for all that is in it.
  std::string glob;
};

/// Applies the steps in their order to the files of packages; what the installer makes stays.
/// @return how many files were taken out
/// @throws Error (2) for a step that matches no file: it would be a slip of the pen
std::size_t filter_tree(TreePlan& plan, std::span<const FilterStep> steps);

}  // namespace envlock
