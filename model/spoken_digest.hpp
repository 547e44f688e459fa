#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/digest.hpp"

namespace envlock {

/// A digest to be read over the telephone: the first 80 bits in letters and digits that are not
/// mistaken for each other (Crockford's base 32), "7KQ3-9M2X-4TBH-8H6D".
std::string spoken_digest(const Sha256& sha256);

/// Whether a digest that somebody typed is this one's: its 64 hexadecimal digits, or what
/// `spoken_digest` writes; small letters, O for 0, I and L for 1, and other dashes do not matter.
/// @return nothing where it is neither
std::optional<bool> is_digest_of(std::string_view typed, const Sha256& sha256);

}  // namespace envlock
