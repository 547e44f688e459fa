#include "fetch/mapped_file.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <limits>

#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace {

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

}  // namespace

TEST_CASE("mapped file: it stays as it was when it is replaced or removed", "[fetch]") {
  const TempDir dir;
  write_file(dir / "f", "old");
  const auto mapped = MappedFile::open(dir / "f");
  write_file(dir / "f", "new and longer");
  CHECK(text_of(*mapped) == "old");
  std::filesystem::remove(dir / "f");
  CHECK(text_of(*mapped) == "old");
  CHECK(MappedFile::open(dir / "f") == nullptr);
}

TEST_CASE("mapped file: an empty file has no bytes", "[fetch]") {
  const TempDir dir;
  CHECK(MappedFile::open(dir.write("f", ""))->bytes().empty());
}

TEST_CASE("mapped file: links, folders and FIFOs are refused", "[fetch]") {
  const TempDir dir;
  std::filesystem::create_symlink(dir.write("f", "x"), dir / "link");
  CHECK_THROWS_AS(MappedFile::open(dir / "link"), IoError);
  CHECK_THROWS_AS(MappedFile::open(dir.path()), IoError);
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  CHECK_THROWS_AS(MappedFile::open(dir / "fifo"), IoError);
}

TEST_CASE("file seal: a write, a replacement and a new mode change it", "[fetch]") {
  const TempDir dir;
  const auto file = dir.write("f", "abc");
  const FileSeal before = MappedFile::open(file)->seal();
  CHECK(MappedFile::open(file)->seal() == before);
  SECTION("write of the same length") {
    // The kernel's clock for files ticks every few milliseconds.
    while (MappedFile::open(file)->seal().ctime_ns == before.ctime_ns)
      std::fstream(file, std::ios::in | std::ios::out) << "xbc" << std::flush;
  }
  SECTION("replacement") { write_file(file, "abc"); }
  SECTION("length") { std::ofstream(file, std::ios::app) << "d"; }
  CHECK(MappedFile::open(file)->seal() != before);
}

TEST_CASE("file seal: text and back", "[fetch]") {
  const FileSeal seal{.device = 1,
                      .inode = std::numeric_limits<std::uint64_t>::max(),
                      .size_bytes = 3,
                      .mtime_ns = -4,
                      .ctime_ns = 5};
  CHECK(seal.to_string() == "1 18446744073709551615 3 -4 5");
  CHECK(FileSeal::parse(seal.to_string()) == seal);
  for (const char* odd : {"", "1 2 3 4", "1 2 3 4 5 6", "1 2 3 4 5 ", " 1 2 3 4 5", "1  2 3 4 5",
                          "1 -2 3 4 5", "1 2 3 4 99999999999999999999", "1 2 3 4 x"})
    CHECK(FileSeal::parse(odd) == std::nullopt);
}

}  // namespace envlock::test
