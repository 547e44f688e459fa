#pragma once

#include <string_view>

#include "model/lockfile.hpp"

namespace envlock {

/// Judges what a lock says as a whole: no name twice on a platform, one digest for each URL, every
/// request, dependency and constraint met inside, asked platforms and channels there.
/// @param lock  its packages in the order of `text`
/// @param text  what it was read from, for line numbers
/// @param file  only names the file in messages
/// @throws InputError (exit 3)
void judge_lock(const Lockfile& lock, std::string_view text, const std::string& file);

}  // namespace envlock
