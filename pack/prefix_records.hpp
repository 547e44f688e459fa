#pragma once

#include <string>
#include <vector>

#include "model/prefix_record.hpp"
#include "pack/assemble.hpp"

namespace envlock {

/// Below conda-meta/: what an installed environment is made from, byte for byte the lockfile.
inline constexpr std::string_view installed_lock_path = "conda-meta/envlock.lock";

/// The conda-meta record of each package of a plan, in the plan's order.
/// @param byte_code  paths that `compile_byte_code` made, sorted
std::vector<PrefixRecord> prefix_records(const TreePlan& plan, const Assembly& assembly,
                                         const std::vector<std::string>& byte_code);

/// conda-meta/history as conda reads it: one block that lists what is new and gone and what the
/// user asks for. Its time is that of the newest package, so that it is the same on every machine.
std::string history_block(const std::vector<const PackageRecord*>& added,
                          const std::vector<const PackageRecord*>& removed,
                          const std::vector<std::string>& requested_specs);

/// conda-meta/state, which carries an environment's variables (CF 8.8).
std::string state_text(const std::map<std::string, std::string>& variables);

}  // namespace envlock
