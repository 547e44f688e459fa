#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The keys of a baseline of version 1, in the order in which they are written; docs/baseline.md
/// describes them. The reader refuses all others.
namespace envlock::baseline_keys {

using Key = std::string_view;

inline constexpr std::array<Key, 7> document{
    "baseline_version", "platform", "lock_sha256", "site_packages",
    "variables",        "packages", "files"};
inline constexpr std::array<Key, 7> package{"name",    "version", "build", "subdir",
                                            "channel", "fn",      "sha256"};
inline constexpr std::array<Key, 13> file{
    "path",   "package",     "role", "directory", "link",    "executable", "size",
    "sha256", "placeholder", "mode", "offsets",   "shebang", "shebang_hex"};

}  // namespace envlock::baseline_keys
