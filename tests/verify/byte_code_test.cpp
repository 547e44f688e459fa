#include "verify/byte_code.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <utility>

#include "tests/verify/made_prefix.hpp"

namespace envlock::test {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

const std::string os_cache = "lib/python3.11/__pycache__/os.cpython-311.pyc";
const std::string os_source = "lib/python3.11/os.py";

std::optional<ByteCodeHeader> parse(std::string_view bytes) {
  return parse_byte_code_header(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

/// A header with a hash instead of a time (PEP 552).
std::string hashed(char flags, std::uint64_t hash) {
  std::string bytes("\xa7\r\r\n", 4);
  bytes += flags;
  bytes.append(3, '\0');
  for (unsigned shift = 0; shift < 64; shift += 8)
    bytes += static_cast<char>((hash >> shift) & 255U);
  return bytes;
}

}  // namespace

TEST_CASE("parse_byte_code_header: PEP 552's three kinds, and what is none") {
  const auto timed = parse(std::string("\xa7\r\r\n\0\0\0\0\x01\x02\x03\x04\x05\0\0\0more", 20));
  REQUIRE(timed);
  CHECK(timed->magic == 3495);
  CHECK(timed->check == ByteCodeHeader::Check::source_time);
  CHECK(timed->source_mtime_s == 0x04030201U);
  CHECK(timed->source_size == 5U);
  CHECK(parse(hashed('\1', 7))->check == ByteCodeHeader::Check::unchecked_hash);
  CHECK(parse(hashed('\3', 7))->check == ByteCodeHeader::Check::checked_hash);
  CHECK(parse(hashed('\3', 0x0102030405060708U))->source_hash == 0x0102030405060708U);
  CHECK_FALSE(parse(hashed('\2', 7)));
  CHECK_FALSE(parse(hashed('\4', 7)));
  CHECK_FALSE(parse(std::string("\xa7\r\r\n\0\0\0\0\0\0\0\0\0\0\0", 15)));
  CHECK_FALSE(parse("#!/bin/sh\nevil...."));
}

TEST_CASE("source_hash: what importlib.util.source_hash of CPython gives") {
  const auto hash = [](std::string_view text, std::uint16_t magic) {
    const std::uint64_t value = source_hash(text, magic);
    std::string hex;
    for (unsigned shift = 0; shift < 64; shift += 8) {
      constexpr std::string_view digits = "0123456789abcdef";
      hex += digits[(value >> (shift + 4)) & 15U];
      hex += digits[(value >> shift) & 15U];
    }
    return hex;
  };
  // Printed by CPython 3.9, 3.10, 3.11 and 3.12.
  CHECK(hash("a = 1\n", 3425) == "18af88234b3b3800");
  CHECK(hash("", 3439) == "8cc0cd2525e7fd27");
  CHECK(hash("", 3495) == "738d9cd5d5e87f73");
  CHECK(hash("0123456789abcdef0123456789abcdef x", 3495) == "b7707eb62bf68b6f");
  CHECK(hash("a = 1\n", 3531) == "940adef7de59c663");
}

TEST_CASE("names of byte code: module, tag and source") {
  const auto name = parse_byte_code_name("a.b.cpython-311.opt-1.pyc");
  REQUIRE(name);
  CHECK(name->module == "a.b");
  CHECK(name->tag == "cpython-311");
  CHECK_FALSE(parse_byte_code_name("a.pyc"));
  CHECK_FALSE(parse_byte_code_name(".cpython-311.pyc"));
  CHECK(source_path_of("x/__pycache__/y.cpython-311.pyc") == "x/y.py");
  CHECK(source_path_of("__pycache__/y.cpython-311.pyc") == "y.py");
  CHECK(source_path_of("x/y.pyc") == "x/y.py");
  CHECK_FALSE(source_path_of("x/__pycache__/y.pyc"));
}

TEST_CASE("byte code: of a source as it is, it is no finding but not proved") {
  const MadePrefix prefix;
  CHECK(prefix.compile(os_source) == os_cache);
  const VerifyResult result = prefix.verify();
  CHECK_THAT(brief(result), Catch::Equals(Lines{}));
  CHECK(result.not_proved.at("files of byte code") == 1);
}

TEST_CASE("byte code: of another time or size it is stale") {
  const MadePrefix prefix;
  prefix.compile(os_source);
  std::string bytes = read_file(prefix / os_cache);
  SECTION("time") { ++bytes[8]; }
  SECTION("size") { ++bytes[12]; }
  prefix.write(os_cache, bytes);
  CHECK(brief(prefix.verify()) == Lines{"EL242 " + os_cache});
}

TEST_CASE("byte code: a hash of the source is held against the source") {
  const MadePrefix prefix;
  const std::uint64_t right = source_hash(read_file(prefix / os_source), 3495);
  prefix.write(os_cache, hashed('\1', right) + "code");
  CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
  prefix.write(os_cache, hashed('\1', right ^ 1U) + "code");
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL240");
  CHECK(finding.severity == Severity::error);
  CHECK_THAT(finding.message, Catch::Contains("Python believes it"));
  prefix.write(os_cache, hashed('\3', right ^ 1U) + "code");
  CHECK(only(prefix.verify()).rule == "EL242");
}

TEST_CASE("byte code: without its source, beside it, or with another header") {
  const MadePrefix prefix;
  prefix.write("lib/python3.11/__pycache__/gone.cpython-311.pyc", "x");
  // Left behind by an update, as the caches of -O: Python never looks at them.
  CHECK(brief(prefix.verify()) == Lines{"EL242 lib/python3.11/__pycache__/gone.cpython-311.pyc"});
  CHECK(only(prefix.verify()).severity == Severity::note);
  fs::remove_all(prefix / "lib/python3.11/__pycache__");
  prefix.write("lib/python3.11/evil.pyc", "x");
  CHECK(brief(prefix.verify()) == Lines{"EL241 lib/python3.11/evil.pyc"});
  fs::rename(prefix / "lib/python3.11/evil.pyc", prefix / "lib/python3.11/os.pyc");
  CHECK(brief(prefix.verify()) == Lines{"EL241 lib/python3.11/os.pyc"});
  fs::remove(prefix / "lib/python3.11/os.pyc");
  prefix.write(os_cache, "#!/bin/sh\nno header at all\n");
  CHECK(brief(prefix.verify()) == Lines{"EL243 " + os_cache});
  // Right for its source, but of another Python.
  prefix.compile(os_source);
  std::string bytes = read_file(prefix / os_cache);
  bytes[0] = '\xcb';
  prefix.write(os_cache, bytes);
  CHECK(brief(prefix.verify()) == Lines{"EL243 " + os_cache});
  // A tag that nobody knows is judged by time and size alone.
  fs::rename(prefix / os_cache, prefix / "lib/python3.11/__pycache__/os.pypy-9.pyc");
  CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
}

TEST_CASE("byte code: left over of -O by an update is a note") {
  const MadePrefix prefix;
  prefix.compile(os_source);
  const std::string optimized = "lib/python3.11/__pycache__/os.cpython-311.opt-1.pyc";
  fs::rename(prefix / os_cache, prefix / optimized);
  CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
  std::string bytes = read_file(prefix / optimized);
  ++bytes[8];
  prefix.write(optimized, bytes);
  const Finding finding = only(prefix.verify());
  CHECK(finding.rule == "EL242");
  CHECK(finding.severity == Severity::note);
}

TEST_CASE("byte code: a source that is a link in the prefix is the link's target") {
  const MadePrefix prefix;
  const std::string alias = "lib/python3.11/posix_os.py";
  prefix.link(alias, "os.py");
  std::string cache = prefix.compile(alias);
  CHECK(brief(prefix.verify()) == Lines{"EL244 " + alias});
  std::string bytes = read_file(prefix / cache);
  ++bytes[8];
  prefix.write(cache, bytes);
  CHECK(brief(prefix.verify()) == Lines{"EL244 " + alias, "EL242 " + cache});
}

TEST_CASE("byte code: of a source that is a link out of the prefix, or to itself, fits nothing") {
  const MadePrefix prefix;
  prefix.compile(os_source);
  prefix.link(os_source, "/etc/passwd");
  CHECK(brief(prefix.verify()) == Lines{"EL204 " + os_source, "EL242 " + os_cache});
  prefix.link(os_source, "../../../../../../../../../etc/passwd");
  CHECK(brief(prefix.verify()) == Lines{"EL204 " + os_source, "EL242 " + os_cache});
  prefix.link(os_source, "os.py");
  CHECK(brief(prefix.verify()) == Lines{"EL204 " + os_source, "EL242 " + os_cache});
}

TEST_CASE(
    "byte code: what the baseline has of it is proved, and a body exchanged under its header "
    "is told") {
  MadePrefix prefix;
  prefix.compile(os_source);
  const std::string made = read_file(prefix / os_cache);
  BaselineFile file;
  file.path = os_cache;
  file.package = 1;
  file.size_bytes = made.size();
  file.sha256 = sha256_of(made);
  SECTION("made by the installer") { file.role = FileRole::byte_code; }
  SECTION("brought by the package") {}
  prefix.baseline().files.push_back(file);
  std::ranges::sort(prefix.baseline().files, {}, &BaselineFile::path);

  VerifyResult result = prefix.verify();
  if (file.role == FileRole::byte_code) {  // the package's own must be in its record, too
    CHECK_THAT(brief(result), Catch::Equals(Lines{}));
  }
  CHECK(result.not_proved.empty());
  std::string exchanged = made;
  exchanged.back() = '!';
  prefix.write(os_cache, exchanged);
  CHECK(brief(prefix.verify()).front() == "EL240 " + os_cache);
  prefix.write(os_cache, made + "more");
  CHECK(brief(prefix.verify()).front() == "EL240 " + os_cache);
  // With another header Python does not use it.
  ++exchanged[8];
  prefix.write(os_cache, exchanged);
  CHECK(brief(prefix.verify()).front() == "EL242 " + os_cache);
  // Removed caches are made again.
  fs::remove(prefix / os_cache);
  CHECK_THAT(brief(prefix.verify()), Catch::Equals(Lines{}));
}

TEST_CASE("byte code: made anew because the installer rewrote its source is not proved, no more") {
  MadePrefix prefix;
  const std::string source = "lib/python3.11/os.py";
  for (BaselineFile& file : prefix.baseline().files) {
    if (file.path != source) continue;
    file.placeholder = PlaceholderUse{"/opt/placeholder", PlaceholderMode::text, {}, {}};
  }
  prefix.compile(source);
  BaselineFile file;
  file.path = os_cache;
  file.package = 1;
  file.size_bytes = 3;
  file.sha256 = sha256_of("old");
  prefix.baseline().files.push_back(file);
  std::ranges::sort(prefix.baseline().files, {}, &BaselineFile::path);
  const VerifyResult result = prefix.verify();
  CHECK_THAT(brief(result), Catch::Equals(Lines{}));
  CHECK(result.not_proved.at("files of byte code") == 1);
}

TEST_CASE("byte code: without source, of a package, is what the package says") {
  MadePrefix prefix;
  BaselineFile file;
  file.path = "lib/python3.11/closed.pyc";
  file.package = 1;
  file.size_bytes = 4;
  file.sha256 = sha256_of("code");
  file.role = FileRole::plain;
  prefix.baseline().files.push_back(file);
  std::ranges::sort(prefix.baseline().files, {}, &BaselineFile::path);
  prefix.write(file.path, "code");
  CHECK(brief(prefix.verify()).front() == "EL224 conda-meta/python-1.0-0.json");
  prefix.write(file.path, "c0de");
  CHECK(brief(prefix.verify()).front() == "EL224 conda-meta/python-1.0-0.json");
  CHECK(brief(prefix.verify()).at(1) == "EL240 " + file.path);
  fs::remove(prefix / file.path);
  CHECK(brief(prefix.verify()).at(1) == "EL201 " + file.path);
}

}  // namespace envlock::test
