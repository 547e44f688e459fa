#pragma once

#include <fcntl.h>

#include <string>

#include "model/unique_fd.hpp"

namespace envlock {

/// How a path is kept below a folder; the second where the kernel has no openat2 (before 5.6) or a
/// sandbox forbids it. Tests force it.
enum class BeneathMethod : std::uint8_t { automatic, component_wise };

/// openat(2) of a relative path that follows no symbolic link on the way, nor at its end, and never
/// leaves `dir_fd` (T14, V01). O_CLOEXEC and O_NOFOLLOW are added to `flags`.
/// @param path  relative; "." is the folder itself
/// @return no descriptor where it fails: errno says why (ELOOP or ENOTDIR for a link on the way)
UniqueFd open_beneath(int dir_fd, const std::string& path, int flags, mode_t mode = 0,
                      BeneathMethod method = BeneathMethod::automatic);

}  // namespace envlock
