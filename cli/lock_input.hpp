#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/options.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// Reads a lock of a command's LOCK argument.
/// @throws IoError where it cannot be read, InputError where it is no good lock
Lockfile load_lock(const std::string& path);

/// Its two halves, for who needs the very bytes, too.
std::string load_lock_text(const std::string& path);
Lockfile read_lock_text(std::string_view text, const std::string& path);
/// The folder of a lock, absolute: where what it says of local files counts from.
std::string lock_folder(const std::string& path);

/// What a lock's only platform, another than the host's, is to a command: taken where a lock is
/// only looked at, refused where something is made of it (design section 3).
enum class OnlyPlatform : std::uint8_t { taken, refused };

/// The platform that a command works on which takes one: `--platform`, else the host's where the
/// lock has it, else the only one of the lock where that is taken.
/// @throws UsageError naming the choices
Platform choose_platform(const Lockfile& lock, const ParsedArgs& args,
                         OnlyPlatform only = OnlyPlatform::taken);

/// `--platform P` for commands that work on one platform of a lock.
Option one_platform_option(OnlyPlatform only = OnlyPlatform::taken);

/// The LOCK argument.
Positional lock_argument();

}  // namespace envlock
