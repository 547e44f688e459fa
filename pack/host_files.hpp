#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "model/number_version.hpp"

// What describe_host reads from files below a root.

namespace envlock {

/// Of the libc.so.6 that the dynamic loader of programs for `machine` takes; nothing where there is
/// none, as with musl.
/// @param machine  as uname says it
std::optional<NumberVersion> read_glibc_version(const std::filesystem::path& root,
                                                std::string_view machine);

/// The version in glibc's banner, or else the newest symbol version in the bytes of a libc.so.6.
std::optional<NumberVersion> glibc_version_in(std::string_view libc);

/// Of the loaded NVIDIA kernel module, else of the newest user-space driver.
std::optional<NumberVersion> read_nvidia_driver(const std::filesystem::path& root);

/// Whether files say that this is the inside of a container.
bool has_container_signs(const std::filesystem::path& root);

/// At most `most` bytes of a regular file's beginning; empty where it is none or cannot be read.
std::string read_beginning(const std::filesystem::path& file, std::size_t most);

}  // namespace envlock
