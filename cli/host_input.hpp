#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/project_file.hpp"
#include "model/host_description.hpp"

namespace envlock {

/// The description of a host that a user names: a name of envlock.yml's `hosts:`, else a file.
/// @param cwd  absolute
/// @throws IoError where it cannot be read (the hint lists the names), InputError for its content
HostDescription load_host(const std::string& name_or_file,
                          const std::optional<ProjectFile>& project,
                          const std::filesystem::path& cwd);

}  // namespace envlock
