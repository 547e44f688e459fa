// Hostile wheels and such as are at odds with others, of the hash that the lock has: to install and
// to pack alike.

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/locked_wheels.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

const std::vector<Texts> uses = {{"install", "--prefix", "env"}, {"pack", "-o", "env.tar.zst"}};

/// Each of the commands says all of `wanted`; nothing may have been written.
void refused(const LockedWheels& locked, int exit, const Texts& wanted) {
  for (const Texts& args : uses) {
    const Outcome outcome = locked->run(args);
    INFO(args.front() << ": " << outcome.err);
    CHECK(outcome.exit == exit);
    CHECK_FALSE(fs::exists(locked.env()));
    CHECK_FALSE(locked->exists("env.tar.zst"));
    std::string text = outcome.err;
    std::ranges::replace(text, '\n', ' ');
    for (const std::string& one : wanted) CHECK_THAT(text, Contains(one));
  }
}

std::string bomb() {
  std::vector<ZipMember> members = hello().members();
  for (ZipLies* const header : {&members.front().local, &members.front().central})
    header->size = std::uint64_t{3} << 30U;
  return zip_of(members);
}

std::string without_first_line(const std::string& record) {
  return record.substr(record.find('\n') + 1);
}
std::string with_a_line(const std::string& record) {
  return record + "gone.py," + record_hash("x") + ",1\n";
}

}  // namespace

TEST_CASE("wheels: hostile ones are refused by their rule, by install and by pack") {
  struct Attack {
    std::string what, bytes, rule;
  };
  const std::string outside = "../../../../../evil";
  const std::vector<Attack> attacks = {
      {"a name that leads out", hello().file("../../evil.py", "x").build(), "A01"},
      {"one that RECORD has not", hello().raw({.name = "../../evil.py", .data = "x"}).build(),
       "A01"},
      {"data that leads out", hello().data("data", outside, "x").build(), "A01"},
      {"scripts that lead out", hello().data("scripts", outside, "x").build(), "A01"},
      {"headers that lead out", hello().data("headers", outside, "x").build(), "A01"},
      {"an absolute name", hello().file("/tmp/evil", "x").build(), "A02"},
      {"a link", hello().raw({.name = "l", .data = "/etc/passwd", .mode = 0120777}).build(), "A06"},
      {"names of one case", hello().file("HELLO.py", "x").build(), "A13"},
      {"data for conda-meta", hello().data("data", "conda-meta/history", "x").build(), "A22"},
      {"data that would be a link script",
       hello().data("data", "bin/.hello-post-link.sh", "x").build(), "A27"},
      {"a file without a line in RECORD", hello().record(without_first_line).build(), "A24"},
      {"a line in RECORD without a file", hello().record(with_a_line).build(), "A24"},
      {"a member that is there twice", hello().raw({.name = "hello.py", .data = "x"}).build(),
       "Z02"},
      {"a bomb", bomb(), "C01"},
  };
  const LockedWheels locked;
  const std::string file = hello().file_name();
  for (const Attack& attack : attacks) {
    INFO(attack.what);
    locked.put_bytes(attack.bytes, file);
    refused(locked, 6, {file, "rule " + attack.rule});
    for (fs::path at = locked->project(); at != at.root_path(); at = at.parent_path())
      for (const std::string name : {"evil", "evil.py"}) CHECK_FALSE(fs::exists(at / name));
  }
}

TEST_CASE("wheels: two that claim one path are named with the lines that settle it") {
  const LockedWheels locked;
  const WheelBuilder other = WheelBuilder("other").file("hello.py", "other\n");
  locked->write("wheels/" + other.file_name(), other.build());
  put_pypi(*locked, {entry(hello(), "hello", "1.0", "./wheels/" + hello().file_name()),
                     entry(other, "other", "1.0", "./wheels/" + other.file_name())});
  refused(locked, 8,
          {site + "/hello.py': " + hello().file_name() + " and " + other.file_name(),
           "clobbers:", "keep: pypi:hello}  # or pypi:other"});
  locked->write("envlock.yml", "policy:\n  clobbers:\n    - {path: '" + site +
                                   "/hello.py', keep: 'pypi:other'}\n");
  locked.install();
  CHECK(read_file(locked.env() / site / "hello.py") == "other\n");
  const Outcome unpacked =
      locked->run({"unpack", locked.packing().pack("env.tar.zst"), "--prefix", "there"});
  INFO(unpacked.err);
  REQUIRE(unpacked.exit == 0);
  CHECK(locked->read("there/" + site + "/hello.py") == "other\n");
}

TEST_CASE("wheels: one at odds with a conda package is named with it, command or file") {
  const LockedWheels locked;
  // app has bin/app.
  const WheelBuilder wheel = WheelBuilder("hello").file("hello.py", "").command("app = hello:main");
  locked.put(wheel, "1.0");
  refused(locked, 8,
          {"'bin/app': app-1.0-0.tar.bz2 and " + wheel.file_name(), "keep: app}  # or pypi:hello"});
  locked.put(WheelBuilder("hello").data("data", "bin", "a file where others have a folder"), "1.0");
  refused(locked, 8,
          {"'bin' is no folder for one, and 'bin/app' lies in it for the other: " +
           wheel.file_name() + " and app-1.0-0.tar.bz2"});
}

}  // namespace envlock::test
