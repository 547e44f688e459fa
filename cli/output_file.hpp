#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace envlock {

/// Where writing `path` really lands: the target of a symbolic link, so that a link stays one.
std::filesystem::path real_target(const std::filesystem::path& path);

/// Writes what `-o` names, whole or not at all, mode 0644. A symbolic link stays one.
/// @param shown  the path as the user wrote it
/// @throws IoError where it cannot be written, or is there and is no regular file (a device, a
/// FIFO, a folder)
void write_output_file(const std::filesystem::path& path, const std::string& shown,
                       std::string_view text);

/// The same for what stands beside a pack: like the pack it has no other name before it is whole,
/// so that nothing is left of it whatever ends the process (where the file system can, as TempFile
/// says).
void write_beside_pack(const std::filesystem::path& path, const std::string& shown,
                       std::string_view text);

}  // namespace envlock
