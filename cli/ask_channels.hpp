#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/project_file.hpp"
#include "cli/solve_ask.hpp"

namespace envlock {

/// The channels of a question in priority order: `-c`, then the files'; where neither names one,
/// envlock.yml's, else the existing lock's. Then those that only `channel::spec` requests name.
/// @throws InputError where there is none (with the line to add), TrustError for one outside
/// envlock.yml's list
std::vector<AskedChannel> asked_channels(const std::vector<std::string>& command_line,
                                         const Environment& environment,
                                         const std::optional<ProjectFile>& project,
                                         const Lockfile* existing,
                                         const std::filesystem::path& lock_dir,
                                         const std::filesystem::path& cwd);

/// As the lock's `inputs` hold them.
void add_channels_to_inputs(const std::vector<AskedChannel>& channels,
                            const std::optional<ProjectFile>& project,
                            const std::filesystem::path& lock_dir, LockInputs& inputs);

}  // namespace envlock
