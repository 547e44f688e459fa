#include "model/decompress.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/fetch/fetching.hpp"

namespace envlock::test {

using Catch::Contains;

namespace {

const std::string text = R"({"packages": {"a-1-0.conda": {"name": "a"}}})";

std::span<const std::byte> bytes_of(const std::string& data) {
  return std::as_bytes(std::span(data));
}

/// Feeds `data` in pieces of `step` bytes.
std::string decompressed(Compression compression, const std::string& data,
                         const DecompressLimits& limits = {}, std::size_t step = 1 << 20U) {
  std::string out;
  Decompressor decompressor(compression, "x", limits, [&](std::span<const std::byte> piece) {
    out.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  for (std::size_t at = 0; at < data.size(); at += step)
    decompressor.feed(bytes_of(data).subspan(at, std::min(step, data.size() - at)));
  decompressor.finish();
  return out;
}

/// The output, or "EXIT: message".
std::string result_of(Compression compression, const std::string& data,
                      const DecompressLimits& limits = {}) {
  try {
    return decompressed(compression, data, limits);
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
}

/// RFC 8878, 3.1.1: a frame with this window and one raw block, "a".
std::string frame_with_window(unsigned window_log) {
  std::string frame("\x28\xB5\x2F\xFD\x00", 5);
  frame += static_cast<char>((window_log - 10) << 3U);
  return frame + std::string(
                     "\x09\x00\x00"
                     "a",
                     4);
}

/// RFC 8878, 3.1.2
std::string skippable_frame(std::size_t size) {
  std::string frame("\x53\x2A\x4D\x18", 4);
  for (unsigned shift = 0; shift < 32; shift += 8)
    frame += static_cast<char>((size >> shift) & 0xFFU);
  return frame + std::string(size, 'x');
}

}  // namespace

TEST_CASE("compression_of: by the end of the name", "[fetch]") {
  CHECK(compression_of("repodata.json.zst") == Compression::zstd);
  CHECK(compression_of("repodata.json.bz2") == Compression::bzip2);
  CHECK(compression_of("repodata.json") == Compression::none);
  CHECK(compression_of("zst") == Compression::none);
}

TEST_CASE("decompress: any cut of the input into pieces gives the same output", "[fetch]") {
  const std::size_t step = GENERATE(1U, 2U, 3U, 7U, 1000U);
  CHECK(decompressed(Compression::zstd, zstd_frame(text), {}, step) == text);
  CHECK(decompressed(Compression::bzip2, bz2_compressed(text), {}, step) == text);
  CHECK(decompressed(Compression::none, text, {}, step) == text);
}

TEST_CASE("decompress: output larger than every buffer arrives whole", "[fetch]") {
  std::string large;
  while (large.size() < 3'000'000) large += std::to_string(large.size() * 2654435761U) + text;
  CHECK(decompressed(Compression::zstd, zstd_frame(large)) == large);
  CHECK(decompressed(Compression::bzip2, bz2_compressed(large)) == large);
}

TEST_CASE("decompress: several frames or streams are one file", "[fetch]") {
  CHECK(decompressed(Compression::zstd, zstd_frame("ab") + zstd_frame("") + zstd_frame("cd"), {},
                     3) == "abcd");
  CHECK(decompressed(Compression::bzip2, bz2_compressed("ab") + bz2_compressed("cd"), {}, 3) ==
        "abcd");
}

TEST_CASE("decompress: zstd's skippable frames are skipped, up to a limit", "[fetch]") {
  CHECK(decompressed(Compression::zstd,
                     skippable_frame(0) + zstd_frame("ab") + skippable_frame(1000), {}, 5) == "ab");
  const std::string half = skippable_frame(600'000);
  CHECK_THAT(result_of(Compression::zstd, half + zstd_frame("ab") + half),
             Contains("6: ") && Contains("skippable"));
  // Refused by what it announces, long before it has come.
  CHECK_THAT(result_of(Compression::zstd, std::string("\x50\x2A\x4D\x18\xFF\xFF\xFF\xFF", 8)),
             Contains("6: "));
}

TEST_CASE("decompress: a stream cut at any offset is refused", "[fetch]") {
  const std::string zstd = zstd_frame(text, GENERATE(true, false));
  const std::string bzip2 = bz2_compressed(text);
  for (std::size_t size = 0; size < zstd.size(); ++size)
    CHECK_THROWS_AS(decompressed(Compression::zstd, zstd.substr(0, size)), StreamEndsEarly);
  for (std::size_t size = 0; size < bzip2.size(); ++size)
    CHECK_THROWS_AS(decompressed(Compression::bzip2, bzip2.substr(0, size)), StreamEndsEarly);
  CHECK_THROWS_AS(decompressed(Compression::zstd, skippable_frame(10)), StreamEndsEarly);
}

TEST_CASE("decompress: a flipped bit anywhere never gives other output silently", "[fetch]") {
  // With a checksum zstd notices; bzip2 always has one.
  const std::string zstd = zstd_frame(text);
  const std::string bzip2 = bz2_compressed(text);
  const auto check = [](Compression compression, const std::string& good) {
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
      const std::string result = result_of(compression, bad);
      INFO("bit " << bit);
      CHECK((result == text || result.starts_with("3: ") || result.starts_with("6: ")));
    }
  };
  check(Compression::zstd, zstd);
  check(Compression::bzip2, bzip2);
}

TEST_CASE("decompress: bytes after the end are refused", "[fetch]") {
  CHECK_THAT(result_of(Compression::zstd, zstd_frame(text) + "abcd"),
             Contains("3: ") && Contains("no zstd frame"));
  CHECK_THAT(result_of(Compression::bzip2, bz2_compressed(text) + "abcd"),
             Contains("3: ") && Contains("no bzip2 stream"));
  CHECK_THROWS_AS(decompressed(Compression::zstd, zstd_frame(text) + "ab"), StreamEndsEarly);
}

TEST_CASE("decompress: another format is called so", "[fetch]") {
  CHECK_THAT(result_of(Compression::zstd, "<html>"),
             Contains("3: ") && Contains("is not zstd data"));
  CHECK_THAT(result_of(Compression::bzip2, zstd_frame(text)), Contains("is not bzip2 data"));
}

TEST_CASE("decompress: a zstd window above the limit is refused", "[fetch]") {
  // C02: 2^27 is allowed, 2^28 is not.
  CHECK(decompressed(Compression::zstd, frame_with_window(27)) == "a");
  CHECK_THAT(result_of(Compression::zstd, frame_with_window(28)),
             Contains("6: ") && Contains("2^27"));
}

TEST_CASE("decompress: a zstd dictionary is refused", "[fetch]") {
  // RFC 8878, 3.1.1.1: single segment, dictionary id of one byte 7, content size 1; a raw last
  // block of one byte.
  const std::string frame(
      "\x28\xB5\x2F\xFD\x21\x07\x01\x09\x00\x00"
      "a",
      11);
  CHECK_THAT(result_of(Compression::zstd, frame), Contains("3: ") && Contains("dictionary"));
  const std::string without(
      "\x28\xB5\x2F\xFD\x20\x01\x09\x00\x00"
      "a",
      10);
  CHECK(decompressed(Compression::zstd, without) == "a");
}

TEST_CASE("decompress: output stops at the limit", "[fetch]") {
  const Compression compression =
      GENERATE(Compression::zstd, Compression::bzip2, Compression::none);
  const std::string plain(1'000'000, 'a');
  const std::string packed = compression == Compression::zstd    ? zstd_frame(plain)
                             : compression == Compression::bzip2 ? bz2_compressed(plain)
                                                                 : plain;
  CHECK(decompressed(compression, packed, {.max_output_bytes = 1'000'000}) == plain);
  CHECK_THAT(result_of(compression, packed, {.max_output_bytes = 999'999}),
             Contains("6: ") && Contains("999999"));
}

TEST_CASE("decompress: what the sink throws passes through", "[fetch]") {
  struct Stop {};
  Decompressor decompressor(Compression::zstd, "x", {},
                            [](std::span<const std::byte>) { throw Stop(); });
  const std::string frame = zstd_frame(text);
  CHECK_THROWS_AS(decompressor.feed(bytes_of(frame)), Stop);
}

TEST_CASE("decompress: gzip is any number of members, whole, with nothing after them", "[fetch]") {
  // python3: gzip.compress(b"ab", mtime=0), and the same of b"cd"
  const std::string ab(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4c\x02\x00\x6d\x48\x83\x9e\x02\x00\x00\x00",
      22);
  const std::string cd(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4e\x01\x00\xda\x8f\xd6\x45\x02\x00\x00\x00",
      22);
  const std::string both = ab + cd;
  const std::size_t step = GENERATE(1U, 3U, 1000U);
  CHECK(decompressed(Compression::gzip, both, {}, step) == "abcd");
  for (std::size_t size = 0; size < both.size(); ++size) {
    INFO(size);
    if (size == ab.size())
      CHECK(decompressed(Compression::gzip, both.substr(0, size), {}, step) == "ab");
    else
      CHECK_THROWS_AS(decompressed(Compression::gzip, both.substr(0, size), {}, step),
                      StreamEndsEarly);
  }
  CHECK_THAT(result_of(Compression::gzip, both + "garbage"), Contains("3: "));
  std::string bad = ab;
  bad[bad.size() - 6] = static_cast<char>(bad[bad.size() - 6] ^ 1);  // of the CRC
  CHECK_THAT(result_of(Compression::gzip, bad), Contains("3: ") && Contains("checksum"));
  DecompressLimits limits;
  limits.max_output_bytes = 3;
  CHECK_THAT(result_of(Compression::gzip, both, limits), Contains("6: "));
}

}  // namespace envlock::test
