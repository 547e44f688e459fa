// `envlock pack`: what it says to do next, and the signature that it writes beside the pack.

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// The commands behind "there: " of what `pack` printed, one a line.
std::string steps_there(const std::string& out) {
  std::istringstream lines(out);
  std::string script;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find("there: ");
    if (at == std::string::npos) continue;
    line = line.substr(at + std::string("there: ").size());
    script += line.substr(0, line.find("; or ")) + '\n';
  }
  return script;
}

}  // namespace

TEST_CASE("pack: the next steps that it prints work as they stand, for every form") {
  const Packing work;
  for (const std::string name : {"my env.tar.zst", "it's.tar.gz", "e.tar", "e.sh"}) {
    const Outcome packed = work->run({"pack", "-o", name});
    INFO(packed.out << packed.err);
    REQUIRE(packed.exit == 0);
    CHECK_THAT(packed.out, Contains("carry " + name + " and " + name + ".sha256"));
    CHECK_THAT(packed.out, Contains("telephone"));
    const fs::path there = work->dir() / "there";
    fs::create_directory(there);
    fs::copy(work->project() / name, there);
    fs::copy(work->project() / (name + ".sha256"), there);
    const Outcome ran = shell(there, "set -e\n" + steps_there(packed.out) + "DIR/bin/app");
    INFO(ran.err);
    CHECK(ran.exit == 0);
    CHECK_THAT(ran.out, Contains("at " + (there / "DIR").string()));
    fs::remove_all(there);
  }
}

TEST_CASE("pack: for one place, the next step is tar alone") {
  const Packing work;
  const std::string place = work.path("one place");
  const Outcome packed = work->run({"pack", "-o", "e.tar", "--dest-prefix", place});
  REQUIRE(packed.exit == 0);
  const Outcome ran =
      shell(work->project(), "set -e\n" + steps_there(packed.out) + "\"$1/bin/app\"", {place});
  INFO(packed.out << ran.err);
  CHECK(ran.exit == 0);
  CHECK_THAT(ran.out, Contains("at " + place));
}

TEST_CASE("pack: the signature is that of the bytes that were written") {
  const Packing work;
  REQUIRE(work->run({"keygen", "-o", "k", "--no-password"}).exit == 0);
  const Outcome packed = work->run({"pack", "-o", "e.tar.zst", "--key", "k.key"});
  INFO(packed.err);
  REQUIRE(packed.exit == 0);
  CHECK_THAT(packed.out, Contains("e.tar.zst.minisig") && Contains("minisign -V"));
  // `sign` reads the file anew; both write the same.
  const std::string signature = work->read("e.tar.zst.minisig");
  fs::remove(work->project() / "e.tar.zst.minisig");
  REQUIRE(work->run({"sign", "e.tar.zst", "--key", "k.key"}).exit == 0);
  CHECK(work->read("e.tar.zst.minisig") == signature);
}

TEST_CASE("pack: a name that no signature can hold is refused before any work") {
  const Packing work;
  REQUIRE(work->run({"keygen", "-o", "k", "--no-password"}).exit == 0);
  const std::vector<std::string> names = names_in(work->project());
  const Outcome refused = work->run({"pack", "-o", "a\tb.tar", "--key", "k.key"});
  CHECK(refused.exit == 2);
  CHECK_THAT(refused.err, Contains("signature"));
  CHECK(names_in(work->project()) == names);
}

}  // namespace envlock::test
