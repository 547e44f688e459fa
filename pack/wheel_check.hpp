#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

namespace envlock {

/// Reads a wheel whole, by all rules by which it would be installed: its zip file, its RECORD with
/// every file's hash, and that name and version in it are those of the file name.
/// @param file_name  the wheel's, a sound name
/// @throws TrustError (6) naming wheel, member and rule; IoError, Interrupted
void require_sound_wheel(const std::filesystem::path& file, const std::string& file_name,
                         const std::stop_token& stop);

}  // namespace envlock
