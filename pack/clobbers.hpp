#pragma once

#include <stop_token>

#include "pack/tree_plan.hpp"

namespace envlock {

/// Sorts the plan's files by path and settles those that several packages own: where all have the
/// same bytes they become one file with several owners, else all are refused at once.
/// Links are compared by their text, which is read from the archives where it matters.
/// @throws Error (8) naming each path and its owners
void settle_clobbers(TreePlan& plan, const std::stop_token& stop);

}  // namespace envlock
