#pragma once

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

/// The platform that a command works on which takes one: `--platform`, else the host's where the
/// lock has it, else the only one of the lock.
/// @throws UsageError naming the choices
Platform choose_platform(const Lockfile& lock, const ParsedArgs& args);

/// `--platform P` for commands that work on one platform of a lock.
Option one_platform_option();

/// The LOCK argument.
Positional lock_argument();

}  // namespace envlock
