#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

struct FilteredTree {
  std::size_t removed = 0;            ///< Files that were taken out.
  std::vector<FilterStep> unmatched;  ///< Steps that are about nothing here.
};

/// Applies the steps in their order to the files of packages; what the installer makes stays.
/// @param others  further paths that a step may be about, which others settle
FilteredTree filter_tree(TreePlan& plan, std::span<const FilterStep> steps,
                         std::span<const std::string> others = {});

/// "no file of the environment matches 'GLOB' of --exclude"
std::string told_unmatched(const FilterStep& step);
inline constexpr std::string_view unmatched_hint =
    "the whole path in the prefix must match: '*/tests/*', 'share/man', '*.a'";

}  // namespace envlock
