#pragma once

#include <string>
#include <string_view>

namespace envlock::test {

/// One zstd frame that says its content's size, as conda's tools write it.
std::string zstd_of(std::string_view bytes, int level = 3);

/// One zstd frame without content size whose header asks for a window of 2^window_log bytes (10 to
/// 41); the blocks are stored, so that it costs nothing to make.
std::string zstd_stored(std::string_view bytes, unsigned window_log);

/// A frame that decompressors skip, with `bytes` in it.
std::string zstd_skippable(std::string_view bytes);

/// One bzip2 stream.
std::string bzip2_of(std::string_view bytes);

}  // namespace envlock::test
