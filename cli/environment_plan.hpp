#pragma once

#include <cstdint>
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

/// What is done about packages of a `pip:` list that are no wheels: those would have to be built,
/// which runs code of theirs.
enum class PypiGaps : std::uint8_t {
  local_left_out,  ///< Local projects are said and left out, others refused.
  left_out,        ///< All are said and left out.
};

/// What the lock has that is not brought is said, never left out in silence.
/// @throws Error (8) for what is refused, naming it
void warn_of_gaps(const EnvironmentLock& environment, Console& console, PypiGaps gaps);

/// Fetches the packages and wheels, and reads what each says of itself.
/// @throws what warn_of_gaps, require_wheels_fit, fetch_packages and plan_tree throw
/// @param extra  files of the caller's own beside the activation scripts
TreePlan plan_environment(const EnvironmentLock& environment, Context& context, PypiGaps gaps,
                          std::vector<ExtraFile> extra = {});

BaselineFacts baseline_facts(const EnvironmentLock& environment);

/// What every file of an environment must be, by packages that are in a cache: nothing is fetched.
/// @throws IoError where one is not there; what plan_tree and assemble throw
Baseline cached_baseline(const EnvironmentLock& environment, Context& context);

}  // namespace envlock
