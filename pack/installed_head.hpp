#pragma once

#include <optional>
#include <string>

#include "pack/pack_head.hpp"

namespace envlock {

/// What an unpacked environment keeps of its pack's head: manifest, signature, facts and lock.
/// Nothing where it was not unpacked from a pack.
/// @param prefix  absolute
/// @throws TrustError (6) for texts that do not fit each other; IoError where one is missing or
///         cannot be read
std::optional<PackHead> read_installed_head(const std::string& prefix);

}  // namespace envlock
