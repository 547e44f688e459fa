// Decompression: output and memory stay within limits, and how the input is cut changes nothing.
// The first byte chooses the format, the second how it is cut.
#include "model/decompress.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

struct Result {
  std::string output;
  bool failed = false;
};

Result run(envlock::Compression compression, std::span<const std::byte> bytes, std::size_t step) {
  constexpr std::size_t limit = std::size_t{1} << 20U;
  Result result;
  envlock::Decompressor decompressor(
      compression, "x", {.max_output_bytes = limit, .max_window_log = 20}, [&](auto piece) {
        result.output.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        if (result.output.size() > limit) std::abort();
      });
  try {
    while (!bytes.empty()) {
      const std::size_t count = std::min(step, bytes.size());
      decompressor.feed(bytes.first(count));
      bytes = bytes.subspan(count);
    }
    decompressor.finish();
  } catch (const envlock::Error&) {
    result.failed = true;
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto compression =
      data[0] % 2 == 0 ? envlock::Compression::zstd : envlock::Compression::bzip2;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(2);
  const Result whole = run(compression, bytes, bytes.size() + 1);
  const Result cut = run(compression, bytes, std::size_t{data[1]} + 1);
  if (whole.failed != cut.failed) std::abort();
  if (!whole.failed && whole.output != cut.output) std::abort();
  return 0;
}
