#include "pack/archive_part.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "model/error.hpp"
#include "tests/pack/refused.hpp"
#include "tests/support/compressed_bytes.hpp"
#include "tests/support/tar_bytes.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

class Names final : public TarVisitor {
 public:
  void member(TarMember member) override { text += member.path + " "; }
  void data(std::span<const std::byte> /*bytes*/) override {}
  void member_end() override {}
  std::string text;
};

/// The names in a part, or "EXIT: message".
std::string result_of(Compression compression, const std::string& bytes,
                      std::uint64_t max_output = 1U << 20U, const std::stop_token& stop = {}) {
  const ReadAt read_at = [&](std::uint64_t offset, std::span<std::byte> to) {
    if (!to.empty()) std::memcpy(to.data(), bytes.data() + offset, to.size());
  };
  Names names;
  try {
    read_part(read_at, {"pkg-a-1-0.tar.zst", compression, 0, bytes.size()},
              {.max_output_bytes = max_output, .max_entries = 10}, "a-1-0.conda", names, stop);
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
  return names.text;
}

std::string zstd_result(const std::string& bytes) { return result_of(Compression::zstd, bytes); }

const std::string tar = tar_of({{.name = "a", .data = "alpha"}, {.name = "b"}});

}  // namespace

TEST_CASE("archive_part: frames and streams one after the other are one tar", "[pack]") {
  CHECK(zstd_result(zstd_of(tar)) == "a b ");
  CHECK(zstd_result(zstd_of(tar.substr(0, 700)) + zstd_of(tar.substr(700))) == "a b ");
  CHECK(result_of(Compression::bzip2, bzip2_of(tar.substr(0, 700)) + bzip2_of(tar.substr(700))) ==
        "a b ");
}

TEST_CASE("archive_part: C01 output ends at the cap", "[pack]") {
  CHECK(result_of(Compression::zstd, zstd_of(tar), tar.size()) == "a b ");
  CHECK_THAT(result_of(Compression::zstd, zstd_of(tar), tar.size() - 1), Refused("C01"));
  CHECK_THAT(result_of(Compression::bzip2, bzip2_of(tar), tar.size() - 1), Refused("C01"));
  const std::string bomb = tar_of({{.name = "a", .data = std::string(5'000'000, '\0')}});
  CHECK_THAT(zstd_result(zstd_of(bomb)), Refused("C01"));
}

TEST_CASE("archive_part: C02 a window above 2^27 is refused", "[pack]") {
  CHECK(zstd_result(zstd_stored(tar, 27)) == "a b ");
  CHECK_THAT(zstd_result(zstd_stored(tar, 28)), Refused("C02, C04") && Contains("window"));
  CHECK_THAT(zstd_result(zstd_stored(tar, 31)), Refused("C02, C04"));
}

TEST_CASE("archive_part: C03 a lying content size and a wrong checksum are refused", "[pack]") {
  // RFC 8878, 3.1.1.1: single segment, content size of one byte; a raw last block.
  const std::string frame(
      "\x28\xB5\x2F\xFD\x20\x05\x09\x00\x00"
      "a",
      10);
  CHECK_THAT(zstd_result(frame), Refused("C03 to C05"));
  // Descriptor with a checksum (bit 2), window 2^10, a raw last block, a checksum that is wrong.
  const std::string checked(
      "\x28\xB5\x2F\xFD\x04\x00\x09\x00\x00"
      "a1234",
      14);
  CHECK_THAT(zstd_result(checked), Refused("C03 to C05") && Contains("checksum"));
}

TEST_CASE("archive_part: C03 an announced size of exbibytes allocates nothing", "[pack]") {
  // Content size field of eight bytes.
  const std::string frame(
      "\x28\xB5\x2F\xFD\xC0\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x09\x00\x00"
      "a",
      18);
  CHECK_THAT(zstd_result(frame), Refused("C03 to C05"));
}

TEST_CASE("archive_part: C04 skippable frames above 1 MiB and garbage are refused", "[pack]") {
  CHECK(zstd_result(zstd_skippable("hello") + zstd_of(tar)) == "a b ");
  CHECK_THAT(zstd_result(zstd_skippable(std::string(1U << 20U, 's')) + zstd_of(tar)),
             Refused("C02, C04") && Contains("skippable"));
  CHECK_THAT(zstd_result(zstd_of(tar) + "garbage"), Refused("C03 to C05"));
  CHECK_THAT(zstd_result(zstd_of(tar) + "g"), Refused("C07"));
  CHECK_THAT(zstd_result(zstd_of(tar) + zstd_of("garbage")), Refused("C09"));
}

TEST_CASE("archive_part: C05 a dictionary is refused", "[pack]") {
  const std::string frame(
      "\x28\xB5\x2F\xFD\x21\x07\x01\x09\x00\x00"
      "a",
      11);
  CHECK_THAT(zstd_result(frame), Refused("C03 to C05") && Contains("dictionary"));
}

TEST_CASE("archive_part: C06 damaged bzip2 blocks and trailing bytes are refused", "[pack]") {
  const std::string good = bzip2_of(tar);
  // Offset 10: the CRC of the first block. At the end: that of all blocks.
  for (const std::size_t at : {std::size_t{10}, good.size() / 2, good.size() - 3}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x80);
    INFO(at);
    CHECK_THAT(result_of(Compression::bzip2, bad), Refused("C06"));
  }
  CHECK_THAT(result_of(Compression::bzip2, good + "garbage"), Refused("C06"));
}

TEST_CASE("archive_part: C07 a part cut at any offset is refused", "[pack]") {
  const Compression compression = GENERATE(Compression::zstd, Compression::bzip2);
  const std::string whole = compression == Compression::zstd ? zstd_of(tar) : bzip2_of(tar);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_THAT(result_of(compression, whole.substr(0, size)), Refused("C07"));
  }
}

TEST_CASE("archive_part: C08 other formats are refused", "[pack]") {
  const std::string bytes = GENERATE(as<std::string>(), "\x1F\x8B\x08\x00\x00\x00\x00\x00",
                                     "\xFD"
                                     "7zXZ\x00",
                                     "7z\xBC\xAF\x27\x1C", "Rar!\x1A\x07",
                                     "<html><body>404 not found</body></html>", "PK\x03\x04", tar);
  CHECK_THAT(zstd_result(bytes), Refused("C08"));
  CHECK_THAT(result_of(Compression::bzip2, bytes), Refused("C08"));
  CHECK_THAT(zstd_result(bzip2_of(tar)), Refused("C08"));
  CHECK_THAT(result_of(Compression::bzip2, zstd_of(tar)), Refused("C08"));
}

TEST_CASE("archive_part: a request to stop interrupts", "[pack]") {
  std::stop_source source;
  source.request_stop();
  CHECK_THAT(result_of(Compression::zstd, zstd_of(tar), 1U << 20U, source.get_token()),
             Contains("130: "));
}

}  // namespace envlock::test
