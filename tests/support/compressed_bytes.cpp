#include "tests/support/compressed_bytes.hpp"

#include <bzlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace envlock::test {
namespace {

std::string little_endian(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xFFU);
  return text;
}

}  // namespace

std::string zstd_of(std::string_view bytes, int level) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0U) throw std::runtime_error(ZSTD_getErrorName(size));
  frame.resize(size);
  return frame;
}

std::string zstd_stored(std::string_view bytes, unsigned window_log) {
  // RFC 8878: magic number, a frame header that has a window and nothing else, raw blocks.
  std::string frame = little_endian(0xFD2FB528U, 4) + '\0';
  frame += static_cast<char>((window_log - 10) << 3U);
  // A block may not be larger than the window.
  const std::size_t most = std::size_t{1} << std::min(window_log, 17U);
  do {
    const std::string_view block = bytes.substr(0, most);
    bytes.remove_prefix(block.size());
    frame += little_endian(block.size() << 3U | (bytes.empty() ? 1U : 0U), 3);
    frame += block;
  } while (!bytes.empty());
  return frame;
}

std::string zstd_skippable(std::string_view bytes) {
  return little_endian(0x184D2A50U, 4) + little_endian(bytes.size(), 4) + std::string(bytes);
}

std::string bzip2_of(std::string_view bytes) {
  // What libbz2's manual asks for: one per cent and 600 bytes more.
  std::string stream(bytes.size() + bytes.size() / 100 + 600, '\0');
  auto size = static_cast<unsigned>(stream.size());
  std::string source(bytes);  // The C function takes no const.
  const int code = BZ2_bzBuffToBuffCompress(stream.data(), &size, source.data(),
                                            static_cast<unsigned>(source.size()), 9, 0, 0);
  if (code != BZ_OK) throw std::runtime_error("libbz2: error " + std::to_string(code));
  stream.resize(size);
  return stream;
}

}  // namespace envlock::test
