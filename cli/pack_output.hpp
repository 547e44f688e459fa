#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pack/frame_codec.hpp"

namespace envlock {

/// Where a pack goes and in which form, by the name that `-o` gives.
struct PackOutput {
  enum class Kind : std::uint8_t { archive, stream, folder, self_extracting, channel };
  Kind kind = Kind::archive;
  PackCompression compression = PackCompression::zstd;
  std::string path;  ///< Without a slash at its end; "-" for the stream.

  [[nodiscard]] bool is_folder() const noexcept {
    return kind == Kind::folder || kind == Kind::channel;
  }
  /// One file under a name.
  [[nodiscard]] bool is_file() const noexcept {
    return kind == Kind::archive || kind == Kind::self_extracting;
  }
};

/// "NAME.tar.zst", ".tar.gz", ".tgz", ".tar", ".sh", "NAME/" for a folder, "-" for standard output.
/// @param as_channel  a folder is wanted as a channel, not as an environment
/// @throws UsageError naming the forms
PackOutput pack_output(const std::string& given, bool as_channel);

}  // namespace envlock
