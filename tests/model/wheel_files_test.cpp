#include "model/wheel_files.hpp"

#include <catch2/catch.hpp>

#include "model/error.hpp"

namespace envlock::test {

using Catch::Contains;

namespace {

const std::string wheel = "a-1-py3-none-any.whl";

template <class Read>
std::string refusal(Read read) {
  try {
    read();
  } catch (const TrustError& error) {
    CHECK_THAT(error.what(), Contains(wheel));
    return error.what();
  }
  FAIL("it was read");
  return {};
}

std::string record_refusal(const std::string& text) {
  return refusal([&] { (void)read_wheel_record(text, wheel); });
}

// The digest of no bytes, as `python -c` prints it with base64.urlsafe_b64encode.
const std::string empty_hash = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

}  // namespace

TEST_CASE("read_wheel_header: what a usual WHEEL says", "[wheel_files]") {
  const WheelHeader header = read_wheel_header(
      "Wheel-Version: 1.0\r\nGenerator: x\r\nRoot-Is-Purelib: FALSE\r\nTag: cp312-cp312-a\r\n"
      "Tag: cp312-cp312-b\r\n",
      wheel);
  CHECK_FALSE(header.root_is_purelib);
  CHECK(header.tags == std::vector<std::string>{"cp312-cp312-a", "cp312-cp312-b"});
  CHECK(read_wheel_header("wheel-version: 1.9\nroot-is-purelib: true\n", wheel).root_is_purelib);
}

TEST_CASE("read_wheel_header: another version, no version and twice are refused", "[wheel_files]") {
  for (const char* const text :
       {"", "Wheel-Version: 2.0\nRoot-Is-Purelib: true\n", "Root-Is-Purelib: true\n",
        "Wheel-Version: 1.0\n", "Wheel-Version: 1.0\nRoot-Is-Purelib: yes\n",
        "Wheel-Version: 1.0\nWheel-Version: 2.0\nRoot-Is-Purelib: true\n", "no header\n",
        "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nX: \xff\n",
        "\nWheel-Version: 1.0\nRoot-Is-Purelib: true\n"}) {
    INFO(text);
    CHECK_THAT(refusal([&] { (void)read_wheel_header(text, wheel); }), Contains("WHEEL"));
  }
}

TEST_CASE("read_wheel_project: only the headers count, not the description", "[wheel_files]") {
  const WheelProject project = read_wheel_project(
      "Metadata-Version: 2.1\nName: A.b\nSummary: x\n continued: here\nVersion: 1.0\n\nName: no\n",
      wheel);
  CHECK(project.name == "A.b");
  CHECK(project.version == "1.0");
  for (const char* const text : {"Name: a\n", "Version: 1\n", "Name: a\nName: b\nVersion: 1\n"})
    CHECK_THAT(refusal([&] { (void)read_wheel_project(text, wheel); }), Contains("METADATA"));
}

TEST_CASE("read_wheel_record: paths, hashes and sizes, quoted where they must be",
          "[wheel_files]") {
  const auto lines = read_wheel_record(
      "b/c.py," + empty_hash + ",0\r\n\"a, \"\"b\"\".py\"," + empty_hash + ",\r\nx/RECORD,,\r\n",
      wheel);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].path == "a, \"b\".py");
  CHECK_FALSE(lines[0].size_bytes);
  CHECK(lines[1] == WheelRecordLine{"b/c.py", sha256_of(""), 0});
  CHECK(lines[2] == WheelRecordLine{"x/RECORD", {}, {}});
}

TEST_CASE("read_wheel_record: what proves nothing is refused", "[wheel_files]") {
  CHECK_THAT(record_refusal("a.py," + empty_hash + "\n"), Contains("2 columns"));
  CHECK_THAT(record_refusal("a.py," + empty_hash + ",0,x\n"), Contains("4 columns"));
  CHECK_THAT(record_refusal("a.py,md5=abc,0\n"), Contains("no sha256"));
  CHECK_THAT(record_refusal("a.py,sha256=abc,0\n"), Contains("sha256 that is none"));
  CHECK_THAT(record_refusal("a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=,0\n"),
             Contains("sha256 that is none"));
  // The last digit holds two bits too many: a second spelling of the same digest.
  CHECK_THAT(record_refusal("a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV,0\n"),
             Contains("sha256 that is none"));
  CHECK_THAT(record_refusal("a.py," + empty_hash + ",-1\n"), Contains("size"));
  CHECK_THAT(record_refusal("a.py," + empty_hash + ",99999999999999999999999\n"), Contains("size"));
  CHECK_THAT(record_refusal("\"a.py," + empty_hash + ",0\n"), Contains("quotes"));
  CHECK_THAT(record_refusal("\"a\"b," + empty_hash + ",0\n"), Contains("quoted"));
  CHECK_THAT(record_refusal("a.py," + empty_hash + ",0\na.py," + empty_hash + ",1\n"),
             Contains("two things"));
}

TEST_CASE("read_wheel_record: equal lines count once", "[wheel_files]") {
  const std::string line = "a.py," + empty_hash + ",0\n";
  CHECK(read_wheel_record(line + line, wheel).size() == 1);
}

TEST_CASE("write_wheel_record: what is written is read again", "[wheel_files]") {
  const std::vector<WheelRecordLine> lines{
      {"../../../bin/a", {}, {}}, {"a, b.py", sha256_of("x"), 1}, {"c.py", sha256_of(""), 0}};
  const std::string text = write_wheel_record({lines[2], lines[0], lines[1]});
  CHECK(text ==
        "../../../bin/a,,\n\"a, b.py\","
        "sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE,1\nc.py," +
            empty_hash + ",0\n");
  CHECK(read_wheel_record(text, wheel) == lines);
}

TEST_CASE("read_wheel_commands: console and gui scripts, no other group, no extras",
          "[wheel_files]") {
  const auto commands = read_wheel_commands(
      "# comment\n[other]\nx = y\n[console_scripts]\na = m.n:f [extra]\n\n[gui_scripts]\n"
      "b=m:C.f\n",
      wheel);
  CHECK(commands == std::vector<EntryPoint>{{"a", "m.n", "f"}, {"b", "m", "C.f"}});
}

TEST_CASE("read_wheel_commands: text that would become other code is refused", "[wheel_files]") {
  for (const char* const line : {"a = m:f(); import os", "../a = m:f", "a/b = m:f", "a = m",
                                 "a = m:f\na = m:g", "a = m;n:f", "a = os:system('x') #"}) {
    INFO(line);
    CHECK_THAT(refusal([&] {
                 (void)read_wheel_commands("[console_scripts]\n" + std::string(line) + "\n", wheel);
               }),
               Contains("entry_points.txt"));
  }
}

}  // namespace envlock::test
