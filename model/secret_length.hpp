#pragma once

#include <cstddef>

namespace envlock {

/// The shortest secret that is sent, and the shortest text that is masked wherever it stands: one
/// number, so that nothing is used that could not be kept out of messages. A shorter one may well
/// be a word, and to put "***" for it in our own sentences would tell what it is.
constexpr std::size_t least_secret_bytes = 8;

}  // namespace envlock
