#pragma once

#include <span>
#include <stop_token>

#include "model/project_clobbers.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

/// Sorts the plan's files by path and settles those that several packages own: where all have the
/// same bytes they become one file with several owners; else the first rule counts that names the
/// path and one of the owners, and the others' claims go; else all are refused at once. Where the
/// installer's own file is among them, only a rule that keeps "envlock" counts.
/// Links are compared by their text, which is read from the archives where it matters.
/// @throws Error (8) naming each path and its owners, and the lines of envlock.yml that would do
void settle_clobbers(TreePlan& plan, std::span<const ClobberRule> rules,
                     const std::stop_token& stop);

}  // namespace envlock
