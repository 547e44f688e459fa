#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "model/digest.hpp"

namespace envlock {

/// How reading a file from its start to its end went.
enum class ReadEnd : std::uint8_t {
  failed,   ///< errno says why.
  changed,  ///< It was written, cut or replaced meanwhile: what was read is nobody's content.
  whole,
};

/// Reads all of an open regular file once, by pieces of `space`.
/// @param facts  of `fd` before; what it says afterwards must be the same
ReadEnd read_whole(int fd, const struct stat& facts, std::span<std::byte> space,
                   const std::function<void(std::span<const std::byte>)>& sink);

/// The digest of an open file; nothing where it could not be read whole, is larger than
/// `max_bytes`, or has more holes than anybody would read.
std::optional<Sha256> file_digest(int fd, const struct stat& facts, std::span<std::byte> space,
                                  std::uint64_t max_bytes);

}  // namespace envlock
