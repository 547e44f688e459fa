#include "pack/stored_zip.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "model/error.hpp"
#include "tests/pack/refused.hpp"
#include "tests/support/zip_bytes.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

std::vector<StoredMember> members_of(const std::string& bytes) {
  const ReadAt read_at = [&](std::uint64_t offset, std::span<std::byte> to) {
    if (offset > bytes.size() || to.size() > bytes.size() - offset) throw IoError("outside");
    if (!to.empty()) std::memcpy(to.data(), bytes.data() + offset, to.size());
  };
  return read_stored_zip(read_at, bytes.size(), "a-1-0.conda");
}

/// "name=data name=data", or "EXIT: message".
std::string result_of(const std::string& bytes) {
  try {
    std::string text;
    for (const StoredMember& member : members_of(bytes))
      text += (text.empty() ? "" : " ") + member.name + "=" +
              bytes.substr(member.offset_bytes, member.size_bytes);
    return text;
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
}

std::string result_of(const std::vector<ZipMember>& members, const ZipShape& shape = {}) {
  return result_of(zip_of(members, shape));
}

}  // namespace

TEST_CASE("stored_zip: members come in the order of their bytes", "[pack]") {
  CHECK(result_of({{.name = "a", .data = "one"}, {.name = "b"}, {.name = "c", .data = "three"}}) ==
        "a=one b= c=three");
  CHECK(members_of(zip_of({{.name = "a", .data = "one"}})).at(0).crc32 == crc32_of("one"));
}

TEST_CASE("stored_zip: Z04 valid ZIP64 and data descriptors are read", "[pack]") {
  CHECK(result_of({{.name = "a", .data = "one", .zip64 = true}, {.name = "b", .data = "two"}}) ==
        "a=one b=two");
  CHECK(result_of({{.name = "a", .data = "one"}}, {.zip64_end = true}) == "a=one");
  CHECK(result_of({{.name = "a", .data = "one", .data_descriptor = true},
                   {.name = "b", .data = "two"}}) == "a=one b=two");
  CHECK(result_of({{.name = "a", .data = "one", .zip64 = true, .data_descriptor = true}}) ==
        "a=one");
}

TEST_CASE("stored_zip: Z01 a local header unlike the directory is refused", "[pack]") {
  const ZipLies lies = GENERATE(ZipLies{.name = "b"}, ZipLies{.name = "ab"}, ZipLies{.method = 8},
                                ZipLies{.flags = 0x800}, ZipLies{.crc32 = 7},
                                ZipLies{.compressed_size = 2}, ZipLies{.size = 2});
  CHECK_THAT(result_of({{.name = "a", .data = "one", .local = lies}}), Refused("Z01"));
  const bool zip64 = GENERATE(false, true);
  CHECK_THAT(result_of({{.name = "a",
                         .data = "one",
                         .local = {.size = 2},
                         .zip64 = zip64,
                         .data_descriptor = true}}),
             Refused("Z01"));
}

TEST_CASE("stored_zip: Z01 a directory that points at no header is refused", "[pack]") {
  std::string bytes = zip_of({{.name = "a", .data = "one"}});
  bytes[0] = 'X';
  CHECK_THAT(result_of(bytes), Refused("Z01"));
}

TEST_CASE("stored_zip: Z01 a second name in an extra field is refused", "[pack]") {
  const std::string field("\x75\x70\x01\x00x", 5);
  CHECK_THAT(result_of({{.name = "a", .data = "one", .central = {.extra = field}}}),
             Refused("Z01"));
  CHECK_THAT(result_of({{.name = "a", .data = "one", .local = {.extra = field}}}), Refused("Z01"));
}

TEST_CASE("stored_zip: Z02 two members of one name are refused", "[pack]") {
  CHECK_THAT(result_of({{.name = "a", .data = "one"}, {.name = "a", .data = "two"}}),
             Refused("Z02"));
}

TEST_CASE("stored_zip: Z02 thousands of members are refused before they are read", "[pack]") {
  std::vector<ZipMember> members(1000);
  for (ZipMember& member : members) member.name = std::to_string(&member - members.data());
  CHECK_THAT(result_of(members), Refused("Z02") && Contains("1000 members"));
}

TEST_CASE("stored_zip: Z03 compressed members are refused", "[pack]") {
  CHECK_THAT(
      result_of({{.name = "a", .data = "one", .local = {.method = 8}, .central = {.method = 8}}}),
      Refused("Z03"));
  CHECK_THAT(
      result_of({{.name = "a", .data = "one", .local = {.size = 9}, .central = {.size = 9}}}),
      Refused("Z03"));
}

TEST_CASE("stored_zip: Z04 encrypted members and unknown flags are refused", "[pack]") {
  const std::uint16_t flags = GENERATE(as<std::uint16_t>(), 1, 2, 0x20, 0x40, 0x2000);
  CHECK_THAT(
      result_of(
          {{.name = "a", .data = "one", .local = {.flags = flags}, .central = {.flags = flags}}}),
      Refused("Z04"));
}

TEST_CASE("stored_zip: Z04 a data descriptor that lies is refused", "[pack]") {
  const std::string good = zip_of({{.name = "a", .data = "one", .data_descriptor = true}});
  const std::size_t at = good.find("PK\x07\x08");
  REQUIRE(at != std::string::npos);
  for (std::size_t i = 0; i < 16; ++i) {
    std::string bad = good;
    bad[at + i] = static_cast<char>(bad[at + i] ^ 1);
    INFO("byte " << i);
    CHECK_THAT(result_of(bad), Refused("Z04"));
  }
  // Announced, and not there.
  CHECK_THAT(
      result_of({{.name = "a", .data = "one", .local = {.flags = 8}, .central = {.flags = 8}}}),
      Refused("Z04"));
}

TEST_CASE("stored_zip: Z04 ZIP64 fields that lie are refused", "[pack]") {
  // Too short, too long, twice, cut.
  const std::string number("\x03\0\0\0\0\0\0\0", 8);
  const std::string empty_field("\x01\0\0\0", 4);
  CHECK_THAT(
      result_of(
          {{.name = "a", .data = "one", .central = {.size = 0xFFFFFFFF, .extra = empty_field}}}),
      Refused("Z04"));
  CHECK_THAT(result_of({{.name = "a",
                         .data = "one",
                         .central = {.extra = std::string("\x01\0\x08\0", 4) + number}}}),
             Refused("Z04"));
  CHECK_THAT(
      result_of({{.name = "a", .data = "one", .central = {.extra = empty_field}, .zip64 = true}}),
      Refused("Z04"));
  CHECK_THAT(result_of({{.name = "a", .data = "one", .local = {.extra = "\x01"}}}), Refused("Z04"));
  // Sizes and offsets whose sum is beyond 2^64.
  const std::uint64_t huge = ~std::uint64_t{0};
  CHECK_THAT(result_of({{.name = "a",
                         .data = "one",
                         .local = {.compressed_size = huge, .size = huge},
                         .central = {.compressed_size = huge, .size = huge},
                         .zip64 = true}}),
             Refused("Z06"));
  CHECK_THAT(
      result_of({{.name = "a", .data = "one"}}, {.zip64_end = true, .directory_offset = huge}),
      Refused("Z05"));
  CHECK_THAT(result_of({{.name = "a", .data = "one"}}, {.zip64_end = true, .disk = 1}),
             Refused("Z04"));
}

TEST_CASE("stored_zip: Z04 two end records that disagree are refused", "[pack]") {
  std::string bytes = zip_of({{.name = "a", .data = "one"}}, {.zip64_end = true});
  bytes[bytes.size() - 22 + 8] = 2;
  bytes[bytes.size() - 22 + 9] = 0;
  bytes[bytes.size() - 22 + 10] = 2;
  bytes[bytes.size() - 22 + 11] = 0;
  CHECK_THAT(result_of(bytes), Refused("Z04"));
}

TEST_CASE("stored_zip: Z05 bytes before, between and after are refused", "[pack]") {
  const std::vector<ZipMember> members{{.name = "a", .data = "one"}, {.name = "b", .data = "two"}};
  const bool skip = GENERATE(false, true);
  CHECK_THAT(result_of(members, {.prepended = "#!/bin/sh\n", .offsets_skip_prepended = skip}),
             Refused("Z05"));
  CHECK_THAT(result_of(members, {.before_directory = "x"}), Refused("Z05"));
  CHECK_THAT(result_of(members, {.appended = "x"}), Refused("Z05"));
  CHECK_THAT(result_of({{.name = "a", .data = "one"},
                        {.name = "hidden", .data = "x", .is_listed = false},
                        {.name = "b", .data = "two"}}),
             Refused("Z05"));
  CHECK_THAT(result_of({{.name = "hidden", .data = "x", .is_listed = false},
                        {.name = "b", .data = "two"}}),
             Refused("Z05"));
}

TEST_CASE("stored_zip: Z05 comments and a second end record in one are refused", "[pack]") {
  const std::string whole = zip_of({{.name = "a", .data = "two"}});
  const std::vector<ZipMember> members{{.name = "a", .data = "one"}};
  CHECK_THAT(result_of(members, {.comment = "hello"}), Refused("Z05"));
  CHECK_THAT(result_of(members, {.comment = whole}), Refused("Z05"));
  CHECK_THAT(result_of(members, {.comment_length = 5}), Refused("Z05"));
  CHECK_THAT(result_of({{.name = "a", .data = "one", .comment = "hello"}}), Refused("Z05"));
}

TEST_CASE("stored_zip: Z05 a directory that is larger or smaller than it says is refused",
          "[pack]") {
  const std::vector<ZipMember> members{{.name = "a", .data = "one"}, {.name = "b", .data = "two"}};
  CHECK_THAT(result_of(members, {.entries = 1}), Refused("Z05"));
  CHECK_THAT(result_of(members, {.entries = 3}), Refused("Z04"));
  CHECK_THAT(result_of(members, {.directory_size = 10}), Refused("Z05"));
  CHECK_THAT(result_of(members, {.directory_offset = 0}), Refused("Z05"));
}

TEST_CASE("stored_zip: Z06 overlapping members and offsets beyond the end are refused", "[pack]") {
  CHECK_THAT(result_of({{.name = "a", .data = "one"},
                        {.name = "a2", .data = "one", .offset = 0, .is_present = false}}),
             Refused("Z06"));
  CHECK_THAT(result_of({{.name = "a", .data = "one", .offset = 1'000'000}}), Refused("Z05"));
  // A member over the directory, and one behind it, whose header would end behind the file.
  CHECK_THAT(result_of({{.name = "a",
                         .data = "one",
                         .local = {.compressed_size = 109, .size = 109},
                         .central = {.compressed_size = 109, .size = 109}},
                        {.name = "b", .data = "two", .offset = 140, .is_present = false}}),
             Refused("Z06"));
  CHECK_THAT(result_of({{.name = "a",
                         .data = "one",
                         .local = {.compressed_size = 9, .size = 9},
                         .central = {.compressed_size = 9, .size = 9}},
                        {.name = "b", .data = "two"}}),
             Refused("Z06"));
}

TEST_CASE("stored_zip: Z09 names that are paths, or that a terminal obeys, are refused", "[pack]") {
  const std::string name = GENERATE(std::string("../a"), "/a", "a/b", "a\\b", "C:a", "", "..", ".",
                                    std::string("a\0b", 3), "a\nb", "a\x1b[2J", "\xff");
  CHECK_THAT(result_of({{.name = name, .data = "one"}}), Refused("Z09"));
}

TEST_CASE("stored_zip: C07 a file cut at any offset is refused", "[pack]") {
  const bool zip64 = GENERATE(false, true);
  const std::string whole = zip_of(
      {{.name = "a", .data = "one", .zip64 = zip64}, {.name = "b", .data_descriptor = zip64}},
      {.zip64_end = zip64});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_THAT(result_of(whole.substr(0, size)), Contains("6: 'a-1-0.conda': "));
  }
}

TEST_CASE("stored_zip: C08 other formats and an empty file are refused", "[pack]") {
  CHECK_THAT(result_of(std::string()), Refused("C08"));
  CHECK_THAT(result_of("<html><body>404 not found</body></html>"), Refused("Z05"));
}

}  // namespace envlock::test
