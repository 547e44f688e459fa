#include "pack/elf_needs.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/pack/elf_image.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

ElfNeeds needs_of(std::string_view bytes, std::size_t piece = 4096) {
  ElfNeedsReader reader;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, piece);
    reader.feed(std::as_bytes(std::span(part.data(), part.size())));
    bytes.remove_prefix(part.size());
  }
  return reader.finish();
}

/// "2.17", "2.17 at most", "none", or "no ELF".
std::string told(const ElfNeeds& needs) {
  if (!needs.is_elf) return "no ELF";
  if (!needs.glibc) return needs.exact ? "none" : "unknown";
  return needs.glibc->text() + (needs.exact ? "" : " at most");
}
std::string told(std::string_view bytes, std::size_t piece = 4096) {
  return told(needs_of(bytes, piece));
}
std::string told(const ElfImage& image) { return told(make_elf(image)); }

NumberVersion number(std::string_view text) { return NumberVersion::parse(text).value(); }

}  // namespace

// Values that glibc's own files show in "readelf -V --debug-dump" and every dynamic loader knows.
TEST_CASE("sysv_hash: the test's own hash is that of the ABI") {
  CHECK(sysv_hash("GLIBC_2.2.5") == 0x09691A75);
  CHECK(sysv_hash("GLIBC_2.17") == 0x06969197);
  CHECK(sysv_hash("GLIBC_2.34") == 0x069691B4);
}

TEST_CASE("ElfNeedsReader: the newest version of the list counts, as numbers") {
  CHECK(told(ElfImage{}) == "2.17");
  CHECK(told(ElfImage{.needs = {"GLIBC_2.9", "GLIBC_2.28", "GLIBC_2.4"}}) == "2.28");
  CHECK(told(ElfImage{.needs = {"GLIBC_2.3.4", "GLIBC_2.3"}}) == "2.3.4");
  CHECK(told(ElfImage{.needs = {"GLIBC_2.99"}}) == "2.99");
  CHECK(told(ElfImage{.needs = {"GLIBC_2.0"}}) == "2.0");
  CHECK(told(ElfImage{.needs = {"GLIBC_2.2.5", "GLIBC_ABI_DT_RELR"}}) == "2.36");
}

TEST_CASE("ElfNeedsReader: versions of other libraries and private ones do not count") {
  CHECK(told(ElfImage{.needs = {"GLIBCXX_3.4.30", "GCC_3.0", "GLIBC_PRIVATE"}}) == "none");
  CHECK(told(ElfImage{.needs = {"GLIBCXX_3.4.30", "GLIBC_2.14", "CXXABI_1.3.13"}}) == "2.14");
  CHECK(told(ElfImage{.needs = {}}) == "none");
}

TEST_CASE("ElfNeedsReader: what a file defines it does not need") {
  CHECK(told(ElfImage{.needs = {}, .defines = {"GLIBC_2.35", "GLIBC_2.36"}}) == "none");
  CHECK(told(ElfImage{.needs = {"GLIBC_2.2.5"}, .defines = {"GLIBC_2.36"}}) == "2.2.5");
}

TEST_CASE("ElfNeedsReader: every word size and byte order is read") {
  for (const bool is_64 : {false, true}) {
    for (const bool big_endian : {false, true}) {
      CAPTURE(is_64, big_endian);
      CHECK(told(ElfImage{.is_64 = is_64, .big_endian = big_endian}) == "2.17");
    }
  }
}

TEST_CASE("ElfNeedsReader: the size of the pieces does not matter") {
  const std::string bytes =
      make_elf({.list_at = 16'384 - 24, .dynamic_at = 50'000, .bytes = 60'000});
  for (const std::size_t piece :
       std::vector<std::size_t>{1, 3, 63, 4096, 16'383, 16'384, 16'385, 32'768, 40'000, 60'000})
    CHECK(told(bytes, piece) == "2.17");
}

TEST_CASE("ElfNeedsReader: a list far from everything else is found") {
  constexpr std::size_t far = 8U << 20U;
  CHECK(told(ElfImage{.list_at = far, .dynamic_at = 3 * far, .bytes = 4 * far}) == "2.17");
  // As patchelf leaves it: all at the end, the list before the segments that tell of it.
  CHECK(told(ElfImage{.headers_at = 3 * far,
                      .list_at = 2 * far,
                      .dynamic_at = 3 * far + 4096,
                      .bytes = 4 * far}) == "2.17");
}

TEST_CASE("ElfNeedsReader: a list over the border of two kept blocks is followed") {
  for (std::size_t at = 16'384 - 64; at <= 16'384; at += 8)
    CHECK(told(ElfImage{.list_at = at, .dynamic_at = 40'000, .bytes = 50'000}) == "2.17");
}

TEST_CASE("ElfNeedsReader: other files are none, also short ones") {
  CHECK(told("") == "no ELF");
  CHECK(told("\x7f") == "no ELF");
  CHECK(told("\x7f"
             "EL") == "no ELF");
  CHECK(told("#!/bin/sh\n") == "no ELF");
  CHECK(told("\x7f"
             "ELG" +
                 std::string(100, 'x'),
             1) == "no ELF");
  // The name of a version in a text is no need.
  CHECK(told("GLIBC_2.99") == "no ELF");
}

TEST_CASE("ElfNeedsReader: static programs and objects need nothing") {
  CHECK(told(ElfImage{.has_dynamic = false}) == "none");
}

TEST_CASE("ElfNeedsReader: a dynamic section that passed before its place was known bounds it") {
  constexpr std::size_t far = 1U << 20U;
  const ElfImage image{
      .headers_at = 3 * far, .list_at = 2 * far, .dynamic_at = far, .bytes = 4 * far};
  CHECK(told(image) == "2.17 at most");
}

TEST_CASE("ElfNeedsReader: a file that is cut off is never judged too low") {
  const std::string whole = make_elf({.list_at = 20'000, .dynamic_at = 70'000, .bytes = 80'000});
  for (std::size_t size = 4; size < whole.size(); size += 101) {
    CAPTURE(size);
    const std::string text = told(whole.substr(0, size));
    // Before the list has passed whole there is nothing to be seen, and no loader takes the file.
    if (size > 20'048 && size < 70'000) CHECK(text == "2.17 at most");
    if (size > 70'256) CHECK(text == "2.17");
  }
}

TEST_CASE("ElfNeedsReader: a list without end is not followed for ever") {
  std::string bytes = make_elf({.bytes = 20'000});
  // Each entry's next is itself: vn_next 0 would end it, so let it go on in steps of 4.
  std::string list;
  for (int i = 0; i < 3000; ++i) list += std::string("\x04\0\0\0", 4);
  bytes.replace(1024, 6000, list.substr(0, 6000));
  CHECK_FALSE(needs_of(bytes).glibc);
}

TEST_CASE("ElfNeedsReader: a next that leads out of the file bounds it from above") {
  CHECK(told(ElfImage{.last_next = 0x7FFFFFF0}) == "2.17 at most");
}

TEST_CASE("ElfNeedsReader: headers that cannot be are refused softly") {
  const std::string good = make_elf({});
  const auto with = [&](std::size_t at, std::string_view bytes) {
    std::string bad = good;
    bad.replace(at, bytes.size(), bytes);
    return told(bad);
  };
  using namespace std::string_view_literals;
  CHECK(with(4, "\x07"sv) == "2.17 at most");                               // word size
  CHECK(with(5, "\x07"sv) == "2.17 at most");                               // byte order
  CHECK(with(32, "\xff\xff\xff\xff\xff\xff\xff\xff"sv) == "2.17 at most");  // e_phoff
  CHECK(with(54, "\x01\x00"sv) == "2.17 at most");                          // e_phentsize
  CHECK(with(56, "\xff\xff"sv) == "2.17 at most");                          // e_phnum
  // The address of the list lies in no segment.
  CHECK(with(8192 + 16 + 8, "\xff\xff\xff\xff\xff\xff\xff\x7f"sv) == "2.17 at most");
}

TEST_CASE("ElfNeedsReader: a file full of hashes takes no more memory, and is bounded") {
  std::string bytes = make_elf({.list_at = 6U << 20U, .dynamic_at = 7U << 20U, .bytes = 8U << 20U});
  const std::uint32_t hash = sysv_hash("GLIBC_2.31");
  for (std::size_t at = 16'384; at < 5U << 20U; at += 4)
    bytes.replace(at, 4, std::string(reinterpret_cast<const char*>(&hash), 4));
  CHECK(told(bytes) == "2.31 at most");
}

TEST_CASE("ElfNeedsReader: the program that tests it needs a glibc") {
  const ElfNeeds needs = needs_of(read_file("/proc/self/exe"), 1U << 20U);
  CHECK(needs.is_elf);
  CHECK(needs.exact);
  REQUIRE(needs.glibc);
  CHECK(*needs.glibc >= number("2.2"));
}

TEST_CASE("add_elf_needs: the result does not depend on the order of the files") {
  const std::vector<std::pair<std::string, ElfNeeds>> files{
      {"lib/b.so", {true, number("2.28"), true}},
      {"lib/a.so", {true, number("2.28"), true}},
      {"lib/0.so", {true, number("2.28"), false}},
      {"lib/c.so", {true, number("2.17"), true}},
      {"lib/d.so", {true, std::nullopt, true}}};
  std::vector<std::size_t> order{0, 1, 2, 3, 4};
  do {
    std::optional<GlibcSymbols> symbols;
    for (const std::size_t i : order) add_elf_needs(symbols, files[i].first, files[i].second);
    REQUIRE(symbols == GlibcSymbols{number("2.28"), "lib/a.so", true});
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("add_elf_needs: a bound above all that is exact is told as a bound") {
  std::optional<GlibcSymbols> symbols;
  add_elf_needs(symbols, "lib/a.so", {true, number("2.28"), true});
  add_elf_needs(symbols, "lib/b.so", {true, number("2.30"), false});
  CHECK(symbols == GlibcSymbols{number("2.30"), "lib/b.so", false});
}

}  // namespace envlock::test
