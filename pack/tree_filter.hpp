#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

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

/// Whether `glob` matches a path or a folder above it.
bool is_below_match(std::string_view glob, std::string_view path);

/// Applies the steps in their order to the files of packages; what the installer makes stays.
/// @param others  further paths that a step may be about, which others settle
/// @return how many files were taken out
/// @throws Error (2) for a step that matches no file: it would be a slip of the pen
std::size_t filter_tree(TreePlan& plan, std::span<const FilterStep> steps,
                        std::span<const std::string> others = {});

}  // namespace envlock
