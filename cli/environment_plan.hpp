#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/fetch_run.hpp"
#include "cli/project_file.hpp"
#include "model/lockfile.hpp"
#include "pack/make_baseline.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

/// One platform of a lock that is to be installed, packed or described.
struct EnvironmentLock {
  std::string path;  ///< As the user would type it.
  std::string text;  ///< Its bytes.
  Lockfile lock;
  Platform platform;
  std::optional<ProjectFile> project;
};

/// Reads a lock, chooses the platform and asks envlock.yml's policy.
/// @param path  empty: the LOCK argument
/// @throws what load_lock, choose_platform and require_policy throw
EnvironmentLock load_environment_lock(const ParsedArgs& args, Context& context,
                                      std::string path = {});

/// What the lock has that this version does not bring is said, never left out in silence.
void warn_of_gaps(const EnvironmentLock& environment, Console& console);

/// Fetches the packages, and reads what each says of itself. What a lock has that cannot be
/// installed (`pip:` lists) is said.
/// @throws what fetch_packages and plan_tree throw
/// @param extra  files of the caller's own beside the activation scripts
TreePlan plan_environment(const EnvironmentLock& environment, Context& context,
                          std::vector<ExtraFile> extra = {});

BaselineFacts baseline_facts(const EnvironmentLock& environment);

/// What every file of an environment must be, by packages that are in a cache: nothing is fetched.
/// @throws IoError where one is not there; what plan_tree and assemble throw
Baseline cached_baseline(const EnvironmentLock& environment, Context& context);

}  // namespace envlock
