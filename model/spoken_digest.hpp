#pragma once

#include <string>

#include "model/digest.hpp"

namespace envlock {

/// A digest to be read over the telephone: the first 80 bits in letters and digits that are not
/// mistaken for each other (Crockford's base 32), "7KQ3-9M2X-4TBH-8H6D".
std::string spoken_digest(const Sha256& sha256);

}  // namespace envlock
