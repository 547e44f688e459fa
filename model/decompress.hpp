#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "model/error.hpp"

namespace envlock {

enum class Compression { none, zstd, bzip2, gzip };

/// By the end of a file name: ".zst", ".bz2", ".gz", else none.
Compression compression_of(std::string_view file_name) noexcept;

struct DecompressLimits {
  std::uint64_t max_output_bytes = std::uint64_t{2} << 30U;     ///< J09.
  int max_window_log = 27;                                      ///< C02: 128 MiB of memory.
  std::uint64_t max_skippable_bytes = std::uint64_t{1} << 20U;  ///< C04, all such frames together.
};

/// The compressed stream ended before its end: a download that was cut, or a damaged file.
struct StreamEndsEarly : InputError {
  using InputError::InputError;
};

/// Undoes a compression piece by piece; memory is bounded by the window. Hostile input gives an
/// error, never more output than allowed (catalogue C02 to C07).
class Decompressor {
 public:
  using Sink = std::function<void(std::span<const std::byte>)>;

  /// @param name  redacted, for messages
  Decompressor(Compression compression, std::string name, const DecompressLimits& limits,
               Sink sink);
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  /// Hands all output that these bytes allow to the sink. What the sink throws passes through.
  /// @throws InputError (3) for another format, damage, a dictionary, bytes after the last frame
  /// @throws TrustError (6) for a limit
  void feed(std::span<const std::byte> bytes);
  /// @throws StreamEndsEarly where the last frame or stream is incomplete, or there was none
  void finish();

  class Codec;  ///< One per format; private to decompress.cpp.

 private:
  std::unique_ptr<Codec> codec_;
};

}  // namespace envlock
