#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

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

/// The digest of a file, and what an acceptance of it binds to.
struct PlacedDigest {
  Sha256 content;
  /// The same for a file that does not name its prefix, for binary and for very large ones. Else of
  /// what is between the names: it stays when an environment is moved and relocated, or packed and
  /// unpacked elsewhere.
  Sha256 evidence;
};

/// As `file_digest`.
/// @param prefix  where the environment lies
std::optional<PlacedDigest> placed_digest(int fd, const struct stat& facts,
                                          std::span<std::byte> space, std::uint64_t max_bytes,
                                          std::string_view prefix);

}  // namespace envlock
