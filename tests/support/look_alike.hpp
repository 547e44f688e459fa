#pragma once

#include <filesystem>
#include <string>

namespace envlock::test {

/// Writes the look-alike of conda-forge (fixtures/README.md) into `dir`, which may be missing.
/// @throws std::runtime_error where make_channel fails
void make_look_alike(const std::filesystem::path& dir, unsigned seed = 1);

/// The built make_channel.
std::string make_channel_program();

/// The folder fixtures/ of the sources.
std::filesystem::path fixtures_dir();

}  // namespace envlock::test
