#include "pack/tar_reader.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "model/error.hpp"
#include "tests/pack/refused.hpp"
#include "tests/support/program.hpp"
#include "tests/support/tar_bytes.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {
namespace {

/// Writes down what it gets: "type path>link mode=data;".
class Log final : public TarVisitor {
 public:
  void member(TarMember member) override {
    CHECK_FALSE(open_);
    open_ = true;
    text += std::string(1, member.type) + " " + member.path;
    if (!member.link.empty()) text += ">" + member.link;
    text += member.mode == 0644 ? "" : " x";
    text += "=";
    left_ = member.size_bytes;
  }
  void data(std::span<const std::byte> bytes) override {
    CHECK_FALSE(bytes.empty());
    CHECK(bytes.size() <= left_);
    left_ -= bytes.size();
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void member_end() override {
    CHECK(left_ == 0);
    open_ = false;
    text += ";";
  }
  std::string text;

 private:
  bool open_ = false;
  std::uint64_t left_ = 0;
};

/// What a tar holds, or "EXIT: message"; fed in pieces of `step` bytes.
std::string bytes_result(const std::string& bytes, std::size_t step = 1U << 20U,
                         std::uint64_t max_entries = 1000) {
  Log log;
  try {
    TarReader reader("a-1-0.conda", max_entries, log);
    const auto all = std::as_bytes(std::span(bytes));
    for (std::size_t at = 0; at < bytes.size(); at += step)
      reader.feed(all.subspan(at, std::min(step, bytes.size() - at)));
    reader.finish();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.exit_code())) + ": " + error.what();
  }
  return log.text;
}

std::string result_of(const std::vector<TarEntry>& entries) {
  return bytes_result(tar_of(entries));
}

std::string fields(const std::string& text, TarField field, std::size_t size) {
  std::string bytes = text;
  bytes.resize(field.length, '\0');
  return bytes.substr(0, size);
}

/// A change of one field of the header.
auto with(TarField field, const std::string& text) {
  return [field, text](std::string& header) {
    put_field(header, field, fields(text, field, field.length));
  };
}

const std::string long_name = std::string(120, 'n') + "/" + std::string(130, 'm');

/// One of every kind, in every dialect.
std::vector<TarEntry> everything() {
  return {{.name = "d", .type = '5'},
          {.name = "d/a", .data = "alpha"},
          {.name = "d/empty"},
          {.name = "d/tool", .data = std::string(512, 't'), .mode = 0755},
          {.name = "l", .type = '2', .link = "d/a"},
          {.name = "h", .type = '1', .link = "d/a"},
          {.name = long_name, .data = "pax"},
          {.name = long_name + "2", .data = "gnu", .gnu_long_names = true},
          {.name = "ll", .type = '2', .link = long_name},
          {.name = "lg", .type = '2', .link = long_name, .gnu_long_names = true},
          {.name = "u", .data = "utf", .pax = {{"path", "\xC3\xA9"}, {"mtime", "1.5"}}}};
}

const std::string everything_text =
    "5 d=;0 d/a=alpha;0 d/empty=;0 d/tool x=" + std::string(512, 't') + ";2 l>d/a=;1 h>d/a=;0 " +
    long_name + "=pax;0 " + long_name + "2=gnu;2 ll>" + long_name + "=;2 lg>" + long_name +
    "=;0 \xC3\xA9=utf;";

}  // namespace

TEST_CASE("tar_reader: ustar, PAX and GNU's long names are read, whatever the pieces", "[pack]") {
  const std::size_t step = GENERATE(1U, 3U, 511U, 512U, 513U, 10'000U, 1U << 20U);
  CHECK(bytes_result(tar_of(everything()), step) == everything_text);
}

TEST_CASE("tar_reader: an empty tar and one filled up with zeros are read", "[pack]") {
  CHECK(bytes_result(tar_of({})).empty());
  CHECK(bytes_result(tar_of({{.name = "a", .data = "x"}}) + std::string(10'240, '\0'), 100) ==
        "0 a=x;");
}

TEST_CASE("tar_reader: a name ends at its first NUL, whatever an older one left behind", "[pack]") {
  // As rattler's writer does.
  CHECK(result_of({{.name = std::string("bin/rg\0ngLink", 13), .data = "x"}}) == "0 bin/rg=x;");
}

TEST_CASE("tar_reader: ustar's prefix is the start of the name, GNU's times there are not",
          "[pack]") {
  const auto edit = with(tar_prefix, "some/folder");
  CHECK(result_of({{.name = "a", .data = "x", .edit = edit}}) == "0 some/folder/a=x;");
  CHECK(result_of({{.name = "a", .data = "x", .gnu_long_names = true, .edit = edit}}) == "0 a=x;");
}

TEST_CASE("tar_reader: A10 a link or a folder that carries data is refused", "[pack]") {
  const char type = GENERATE('1', '2', '5');
  CHECK_THAT(result_of({{.name = "a", .data = "x"},
                        {.name = "b", .data = "evil", .type = type, .link = "a"}}),
             Refused("A10"));
  // The size alone, in a PAX header.
  CHECK_THAT(
      result_of({{.name = "b", .type = type, .link = "a", .pax = {{"size", "100000000000"}}}}),
      Refused("A10"));
}

TEST_CASE("tar_reader: A14 devices, FIFOs and unknown types are refused", "[pack]") {
  const char type = GENERATE('3', '4', '6', '7', 'A', 'D', 'I', 'M', 'N', 'V', 'X', '9', '\x01');
  CHECK_THAT(result_of({{.name = "a", .type = type}}), Refused("A14"));
}

TEST_CASE("tar_reader: A14 types in a PAX header are refused", "[pack]") {
  const std::string key = GENERATE("SCHILY.filetype", "GNU.volume.label", "GNU.dumpdir");
  CHECK_THAT(result_of({{.name = "a", .pax = {{key, "x"}}}}), Refused("A14"));
}

TEST_CASE("tar_reader: A16 file capabilities are refused, other attributes are not restored",
          "[pack]") {
  const std::string key = GENERATE("SCHILY.xattr.security.capability",
                                   "LIBARCHIVE.xattr.security.capability", "RHT.security.selinux");
  CHECK_THAT(result_of({{.name = "a", .pax = {{key, "x"}}}}), Refused("A16"));
  CHECK(result_of({{.name = "a",
                    .data = "x",
                    .pax = {{"SCHILY.xattr.user.comment", "x"},
                            {"SCHILY.acl.access", "user::rwx"},
                            {"comment", "x"}}}}) == "0 a=x;");
}

TEST_CASE("tar_reader: A17 sparse files of every dialect are refused", "[pack]") {
  CHECK_THAT(result_of({{.name = "a", .type = 'S'}}), Refused("A17"));
  const std::string key = GENERATE("GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.realsize",
                                   "SCHILY.realsize", "SUN.holesdata");
  CHECK_THAT(result_of({{.name = "a", .pax = {{key, "1"}}}}), Refused("A17"));
}

TEST_CASE("tar_reader: A17 a size of exbibytes is refused at its header", "[pack]") {
  CHECK_THAT(result_of({{.name = "a", .size = std::uint64_t{1} << 62U}}), Refused("A17"));
  CHECK_THAT(result_of({{.name = "a", .pax = {{"size", "9223372036854775807"}}}}), Refused("A17"));
}

TEST_CASE("tar_reader: sizes above 8 GiB are read from a PAX header or base 256", "[pack]") {
  // The data does not come, so that the end is what is missing.
  CHECK_THAT(result_of({{.name = "a", .pax = {{"size", "8589934592"}}}}), Refused("C09"));
  CHECK_THAT(result_of({{.name = "a", .size = std::uint64_t{1} << 33U}}), Refused("C09"));
  CHECK(result_of({{.name = "a", .data = "x", .pax = {{"size", "1"}}}}) == "0 a=x;");
}

TEST_CASE("tar_reader: A18 a PAX size that overrides a header that could say it is refused",
          "[pack]") {
  CHECK_THAT(
      result_of({{.name = "a", .data = "x", .pax = {{"size", "512"}}}, {.name = "b", .data = "y"}}),
      Refused("A18"));
  const std::string value = GENERATE("", "-1", "+1", "0x1", "1 ", "1.0", "18446744073709551616");
  CHECK_THAT(result_of({{.name = "a", .data = "x", .pax = {{"size", value}}}}), Refused("A18"));
}

TEST_CASE("tar_reader: A18 a NUL in a PAX name, an empty one and one said twice are refused",
          "[pack]") {
  const std::string key = GENERATE("path", "linkpath");
  CHECK_THAT(result_of({{.name = "a", .pax = {{key, std::string("b\0c", 3)}}}}), Refused("A18"));
  CHECK_THAT(result_of({{.name = "a", .pax = {{key, ""}}}}), Refused("A18"));
  CHECK_THAT(result_of({{.name = "a", .pax = {{key, "b"}, {key, "c"}}}}), Refused("A18"));
}

TEST_CASE("tar_reader: A18 a PAX header above 1 MiB is refused before it is kept", "[pack]") {
  CHECK(result_of({{.name = "a",
                    .data = "x",
                    .pax = {{"comment", std::string((1U << 20U) - 100, 'c')}}}}) == "0 a=x;");
  CHECK_THAT(result_of({{.name = "a", .pax = {{"comment", std::string(1U << 20U, 'c')}}}}),
             Refused("A18"));
  const std::string only_header =
      tar_entry_bytes({.name = "x", .type = 'x', .size = std::uint64_t{1} << 31U});
  CHECK_THAT(bytes_result(only_header), Refused("A18"));
}

TEST_CASE("tar_reader: A18 broken PAX records are refused", "[pack]") {
  const std::string records = GENERATE(
      std::string("x"), "path=b\n", "9 path=b", "9 path=b\nx", "99 path=b\n", "4 =b\n", "5 ab\n",
      "0 a=b\n", "-6 a=b\n", "18446744073709551615 a=b\n", "06a=b\n", "3 =\n", "7 a=b\n\n\n");
  INFO(records);
  CHECK_THAT(result_of({{.name = "x", .data = records, .type = 'x'}, {.name = "a"}}),
             Refused("A18"));
}

TEST_CASE("tar_reader: A18 headers apply once, and none applies to all", "[pack]") {
  const TarEntry pax{.name = "x", .data = pax_record("comment", "c"), .type = 'x'};
  const TarEntry global{.name = "g", .data = pax_record("comment", "c"), .type = 'g'};
  CHECK_THAT(result_of({pax, pax, {.name = "a"}}), Refused("A18"));
  CHECK_THAT(result_of({pax, global, {.name = "a"}}), Refused("A18"));
  // As `git archive` has one.
  CHECK(result_of({global, {.name = "a", .data = "x"}}) == "0 a=x;");
  const std::string key = GENERATE("path", "linkpath", "size");
  CHECK_THAT(result_of({{.name = "g", .data = pax_record(key, "1"), .type = 'g'}, {.name = "a"}}),
             Refused("A18"));
}

TEST_CASE("tar_reader: A18 a name in two dialects, or in another character set, is refused",
          "[pack]") {
  const TarEntry longer{.name = "././@LongLink", .data = std::string("b\0", 2), .type = 'L'};
  CHECK_THAT(result_of({longer, {.name = "a", .pax = {{"path", "c"}}}}), Refused("A18"));
  const TarEntry link{.name = "././@LongLink", .data = std::string("b\0", 2), .type = 'K'};
  CHECK_THAT(result_of({link, {.name = "a", .type = '2', .pax = {{"linkpath", "c"}}}}),
             Refused("A18"));
  CHECK_THAT(result_of({{.name = "a", .pax = {{"hdrcharset", "BINARY"}}}}), Refused("A18"));
}

TEST_CASE("tar_reader: A19 chains and oversized texts of GNU's long names are refused", "[pack]") {
  const char type = GENERATE('L', 'K');
  const TarEntry once{.name = "././@LongLink", .data = std::string("b\0", 2), .type = type};
  CHECK_THAT(result_of({once, once, {.name = "a"}}), Refused("A19"));
  CHECK_THAT(result_of({{.name = "././@LongLink", .data = std::string(4098, 'n'), .type = type},
                        {.name = "a"}}),
             Refused("A19"));
  CHECK_THAT(
      bytes_result(tar_entry_bytes({.name = "x", .type = type, .size = std::uint64_t{1} << 31U})),
      Refused("A19"));
  const std::string longest(4096, 'n');
  CHECK(result_of({{.name = "././@LongLink", .data = longest + '\0', .type = 'L'},
                   {.name = "a", .data = "x"}}) == "0 " + longest + "=x;");
}

TEST_CASE("tar_reader: A20 a NUL inside of a long name, and an empty one, are refused", "[pack]") {
  const std::string text = GENERATE(std::string("a\0b\0", 4), std::string("\0", 1), std::string());
  CHECK_THAT(result_of({{.name = "././@LongLink", .data = text, .type = 'L'}, {.name = "a"}}),
             Refused("A20"));
}

TEST_CASE("tar_reader: C01 more members than allowed are refused", "[pack]") {
  const std::string tar = tar_of({{.name = "a"}, {.name = "b"}, {.name = "c"}});
  CHECK(bytes_result(tar, 512, 3) == "0 a=;0 b=;0 c=;");
  CHECK_THAT(bytes_result(tar, 512, 2), Refused("C01"));
}

TEST_CASE("tar_reader: C07 a tar cut at any offset is refused", "[pack]") {
  const std::string whole = tar_of(everything());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_THAT(bytes_result(whole.substr(0, size)), Refused("C09"));
  }
}

TEST_CASE("tar_reader: C09 the end is two blocks of zeros and nothing after them", "[pack]") {
  const std::string one = tar_entry_bytes({.name = "a", .data = "x"});
  const std::string zeros(512, '\0');
  CHECK_THAT(bytes_result(one), Refused("C09"));
  CHECK_THAT(bytes_result(one + zeros), Refused("C09"));
  CHECK_THAT(bytes_result(one + zeros + one + zeros + zeros), Refused("C09"));
  CHECK_THAT(bytes_result(one + zeros + zeros + one + zeros + zeros), Refused("C09"));
  CHECK_THAT(bytes_result(one + zeros + zeros + "x"), Refused("C09"));
  // A header that announces what never comes.
  CHECK_THAT(result_of({{.name = "x", .data = pax_record("path", "b"), .type = 'x'}}),
             Refused("C09"));
  CHECK_THAT(result_of({{.name = "././@LongLink", .data = std::string("b\0", 2), .type = 'L'}}),
             Refused("C09"));
}

TEST_CASE("tar_reader: C09 a wrong checksum is refused", "[pack]") {
  CHECK_THAT(result_of({{.name = "a", .wrong_checksum = true}}), Refused("C09"));
  // Every bit of a header counts.
  const std::string good = tar_of({{.name = "a", .data = "x"}});
  for (std::size_t bit = 0; bit < tar_block_bytes * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    const std::string result = bytes_result(bad);
    INFO("bit " << bit);
    // The checksum's own field has two ways to write blanks.
    CHECK((result.starts_with("6: ") || (bit / 8 >= 148 && bit / 8 < 156 && result == "0 a=x;")));
  }
}

TEST_CASE("tar_reader: C09 numbers that are no octal, or negative, are refused", "[pack]") {
  const std::string text =
      GENERATE(std::string("0000000000x"), "00000000008", "-0000000001", "0x1", "1 1",
               std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12),
               std::string("\x80\xFF\0\0\0\0\0\0\0\0\0\0", 12),
               std::string("\x81\0\0\0\0\0\0\0\0\0\0\0", 12));
  CHECK_THAT(result_of({{.name = "a", .edit = with(tar_size, text)}}), Refused("C09"));
}

TEST_CASE("tar_reader: C09 a mode that is no octal number is refused", "[pack]") {
  const std::string text = GENERATE("rw-r--r", "0000648", "-000644", "\xFF");
  CHECK_THAT(result_of({{.name = "a", .edit = with(tar_mode, text)}}), Refused("C09"));
}

TEST_CASE("tar_reader: C09 headers of no known form are refused", "[pack]") {
  const std::string magic = GENERATE(std::string(), "ustar", "ustar  ", "USTAR", "ustar 00");
  const bool is_gnu = magic == "ustar  ";  // with its NUL, this is GNU's
  const std::string result = result_of({{.name = "a", .edit = with(tar_magic, magic)}});
  if (is_gnu)
    CHECK(result == "0 a=;");
  else
    CHECK_THAT(result, Refused("C09"));
}

TEST_CASE("tar_reader: A29 any time, and any owner, is as good as another", "[pack]") {
  const std::string time =
      GENERATE(std::string(), "-1", "garbage", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "77777777777");
  CHECK(result_of({{.name = "a",
                    .data = "x",
                    .uid = ~std::uint64_t{0},
                    .pax = {{"mtime", time}},
                    .edit = with(tar_mtime, time)}}) == "0 a=x;");
}

TEST_CASE("tar_reader: GNU tar and bsdtar find the same members", "[pack]") {
  const std::string program = GENERATE("tar", "bsdtar");
  const TempDir dir;
  dir.write("a.tar", tar_of(everything()));
  const Outcome outcome =
      run_program("/bin/sh",
                  {"-c", "command -v " + program + " >/dev/null || exit 99; " + program +
                             (program == "tar" ? " --quoting-style=literal" : "") + " -tf a.tar"},
                  {.cwd = dir.path()});
  if (outcome.exit == 99) {
    WARN("SKIPPED: " + program + " is not installed");
    return;
  }
  REQUIRE(outcome.exit == 0);
  std::string names;
  for (const TarEntry& entry : everything()) {
    const std::string name = entry.name == "u" ? "\xC3\xA9" : entry.name;
    names += name + "\n";
  }
  CHECK(outcome.out == names);
}

TEST_CASE("tar_reader: what the visitor throws passes through", "[pack]") {
  struct Stop {};
  class Thrower final : public TarVisitor {
   public:
    void member(TarMember /*member*/) override {}
    void data(std::span<const std::byte> /*bytes*/) override { throw Stop(); }
    void member_end() override {}
  } thrower;
  TarReader reader("a-1-0.conda", 10, thrower);
  const std::string bytes = tar_of({{.name = "a", .data = "x"}});
  CHECK_THROWS_AS(reader.feed(std::as_bytes(std::span(bytes))), Stop);
}

}  // namespace envlock::test
