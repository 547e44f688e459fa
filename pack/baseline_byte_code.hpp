#pragma once

#include <filesystem>
#include <stop_token>

#include "model/baseline.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

/// Adds to a baseline the byte code that an installation has just made of the plan's sources. It is
/// the same at any prefix, except where the installer rewrites the source: that is left out.
/// @param tree  where the plan was installed, by somebody whom nobody could disturb
/// @throws Error (8) where python did not run there; IoError; Interrupted
void add_byte_code(Baseline& baseline, const TreePlan& plan, const std::filesystem::path& tree,
                   std::size_t threads, const std::stop_token& stop);

/// The same, for which the plan is installed in a folder of its own that is removed again: nothing
/// of any environment is believed.
/// @param scratch  a folder in which that is made; private, with room for an environment
/// @throws moreover what install_prefix throws
void add_byte_code_made_anew(Baseline& baseline, const TreePlan& plan,
                             const std::filesystem::path& scratch, std::size_t threads,
                             const std::stop_token& stop);

}  // namespace envlock
