#pragma once

#include <map>
#include <optional>
#include <vector>

#include "cli/project_file.hpp"
#include "cli/solve_ask.hpp"

namespace envlock {

/// The platforms of a question, sorted: the list of the files, else envlock.yml's, which the
/// command line may only repeat; else those of the command line together with those of the existing
/// lock, else the files', else envlock.yml's, else the lock's, else this machine's.
/// @throws UsageError for one that nobody knows
std::vector<Platform> asked_platforms(const std::vector<std::string>& command_line,
                                      const Environment& environment,
                                      const std::optional<ProjectFile>& project,
                                      const Lockfile* existing);

/// The virtual packages of each platform: what is asked (envlock.yml, CONDA_OVERRIDE_*,
/// `--virtual-package`, later ones over earlier ones) over what the existing lock assumed, else
/// over the stated defaults.
struct AskedVirtualPackages {
  std::map<Platform, std::vector<VirtualPackage>> assumed;  ///< All that hold, sorted by name.
  std::map<Platform, std::vector<VirtualPackage>>
      asked;  ///< The same, for platforms where something was said.
};
AskedVirtualPackages asked_virtual_packages(const std::vector<std::string>& command_line,
                                            const std::vector<Platform>& platforms,
                                            const std::optional<ProjectFile>& project,
                                            const Lockfile* existing,
                                            const AskSurroundings& around);

}  // namespace envlock
