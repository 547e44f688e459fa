#pragma once

#include <array>
#include <string_view>

/// The keys of host.json of version 1 and of a pack's requirements, in the order in which they are
/// written; docs/host.md describes them. The readers refuse all others.
namespace envlock::host_keys {

using Key = std::string_view;

inline constexpr std::array<Key, 12> document{
    "host_version",         "platform",  "kernel", "x86_64_level", "glibc", "cuda", "nvidia_driver",
    "compute_capabilities", "container", "wsl",    "overrides",    "target"};
inline constexpr std::array<Key, 9> target{"path",        "free_bytes", "free_inodes",
                                           "noexec",      "writable",   "case_insensitive",
                                           "file_system", "name_bytes", "path_bytes"};

inline constexpr std::array<Key, 13> requirements{"platform",
                                                  "kernel",
                                                  "glibc",
                                                  "glibc_symbols",
                                                  "x86_64_level",
                                                  "cuda",
                                                  "cuda_strict",
                                                  "disk_bytes",
                                                  "inodes",
                                                  "longest_prefix_bytes",
                                                  "longest_path_bytes",
                                                  "longest_name_bytes",
                                                  "case_sensitive"};
inline constexpr std::array<Key, 2> floor{"version", "package"};
inline constexpr std::array<Key, 3> symbols{"version", "file", "exact"};
inline constexpr std::array<Key, 2> level{"level", "package"};

}  // namespace envlock::host_keys
