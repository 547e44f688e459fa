#pragma once

#include <string>

#include "model/pack_facts.hpp"
#include "pack/pack_head.hpp"

namespace envlock::runtime {

/// The environment that a program lies in: two folders above /proc/self/exe, without links.
/// @throws Error (8) where that is no environment that envlock packed
std::string own_prefix();

/// What an unpacked environment says of itself.
/// @throws TrustError, IoError
PackHead read_own_head(const std::string& prefix);

}  // namespace envlock::runtime
