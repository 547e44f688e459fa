#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace envlock {

/// How the bytes of a pack are written down.
enum class PackCompression : std::uint8_t { none, gzip, zstd };

/// Level `0` is the default of each: 3 for zstd, 6 for gzip. @return the highest level; 0 for none
int max_level(PackCompression compression) noexcept;
/// The level that `0` stands for.
int default_level(PackCompression compression) noexcept;

/// Compresses one frame after the other, each on its own: what one frame becomes depends on its
/// bytes, the level and the library's version alone. One thread at a time.
class FrameCodec {
 public:
  virtual ~FrameCodec() = default;
  virtual void compress(std::span<const std::byte> frame, std::vector<std::byte>& out) = 0;
};

/// @param level  0: the default
/// @throws InternalError for a level beyond `max_level`
std::unique_ptr<FrameCodec> make_frame_codec(PackCompression compression, int level);

/// How much memory, in bytes, one codec takes for a frame of this size.
std::size_t codec_memory(PackCompression compression, int level, std::size_t frame_bytes) noexcept;

}  // namespace envlock
