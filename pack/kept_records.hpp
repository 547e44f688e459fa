#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/prefix_record.hpp"
#include "pack/installed_state.hpp"
#include "pack/prefix_difference.hpp"
#include "pack/tree_plan.hpp"

// What an update does to the records of packages that stay.

namespace envlock {

/// The record of a package that stays, where it must be written anew: the lock may say other things
/// of the same bytes, and the user ask for other names. Nothing where it may stay as it is.
/// @param now     as it would be written today
/// @param remove  gets the path of the old one where that has another name
std::optional<PrefixRecord> renewed_record(std::span<const InstalledState::Package* const> kept,
                                           const PrefixRecord& now,
                                           std::vector<std::string>& remove);

/// A new package's file that a kept one brought with the same bytes was not made now: the kept
/// record tells what it is, and `records`, one for each package of the plan, take it over.
void take_shared_paths(const TreePlan& plan, const PrefixDifference& difference,
                       std::vector<PrefixRecord>& records);

}  // namespace envlock
