#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "model/script_products.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

/// A script that a package wants to be run while it is linked (CF 8.7), and that was not.
struct SkippedScript {
  std::string file_name;         ///< Of the package.
  std::string path;              ///< In the prefix.
  std::optional<Sha256> sha256;  ///< As packaged: what a policy allows. Nothing: it never runs.
  std::string beginning;         ///< Its first commands, as installed: what it would have done.
};

/// Runs the post-link scripts of newly linked packages that the policy allows, in the packages'
/// order, with the environment that conda gives them and nothing else; every other pre-link and
/// post-link script is left out. Scripts for removing are never run.
/// @param linked   indexes into TreePlan::packages
/// @param allowed  digests of scripts as packaged
/// @param made     called with what each script made, once it has ended
/// @param done     called with each package whose scripts all ran
/// @throws Error (8) where a script fails, with what it said; IoError; Interrupted
std::vector<SkippedScript> run_link_scripts(
    const TreePlan& plan, const std::string& prefix, std::span<const std::size_t> linked,
    std::span<const Sha256> allowed, const std::stop_token& stop,
    const std::function<void(std::vector<ScriptProduct>)>& made,
    const std::function<void(std::size_t)>& done);

}  // namespace envlock
