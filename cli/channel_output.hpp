#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/fetch_run.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// Copies what a run brought into a channel folder, and writes its listings.
/// @param shown  the folder as the user calls it
void write_channel_folder(const std::string& folder, const std::string& shown, const FetchRun& run,
                          Context& context);

/// How such a folder is used, for people: by conda, and by envlock with the lines for envlock.yml.
/// @param path  what the folder is called in the lines: absolute, or relative to envlock.yml
std::vector<std::string> channel_folder_use(const std::string& shown, const std::string& path,
                                            std::span<const Lockfile* const> locks);

}  // namespace envlock
