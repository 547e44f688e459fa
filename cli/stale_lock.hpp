#pragma once

#include <string>

#include "cli/command.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// Says in one warning where the environment files that a lock names, beside it, ask for something
/// else today: specs, channels or variables. No error, since the lock is what is installed; offline
/// and cheap. What cannot be known (a file is gone, the lock was imported) is passed over;
/// 'envlock solve --check' is the judge.
/// @param path  the lock's, as the user would type it
void warn_of_stale_lock(const Lockfile& lock, const std::string& path, Context& context);

}  // namespace envlock
