#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "model/channel.hpp"
#include "model/project.hpp"

namespace envlock {

/// envlock.yml and the folder that its paths are relative to.
struct ProjectFile {
  Project project;
  std::filesystem::path dir;  ///< Absolute.
};

/// Reads `--project` (a file, or git:REV:PATH, which asks git for the text and resolves paths as if
/// the file stood in `cwd`'s repository), or envlock.yml in `beside` where there is one.
/// @throws IoError where what `option` names cannot be read, InputError for its content
std::optional<ProjectFile> load_project(const std::string& option, const std::filesystem::path& cwd,
                                        const std::filesystem::path& beside);

/// The channels that envlock.yml names, for parse_channel. @throws InputError with the line of a
/// bad one
ChannelNames channel_names(const std::optional<ProjectFile>& project,
                           const std::filesystem::path& base_dir);

}  // namespace envlock
