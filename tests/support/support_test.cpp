#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/golden.hpp"
#include "tests/support/program.hpp"
#include "tests/support/repodata_builder.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

namespace fs = std::filesystem;

TEST_CASE("TempDir: two are apart, and each is removed with what it holds", "[support]") {
  fs::path first;
  {
    const TempDir a;
    const TempDir b;
    REQUIRE(a.path() != b.path());
    first = a.path();
    REQUIRE(read_file(a.write("sub/file", "text")) == "text");
    fs::permissions(a / "sub", fs::perms::owner_read);
  }
  CHECK_FALSE(fs::exists(first));
}

TEST_CASE("RepodataBuilder: files .conda and .tar.bz2 records in their own maps", "[support]") {
  const std::string text =
      RepodataBuilder("linux-64")
          .add(PackageBuilder("zlib").version("1.3").build("h0_2").depends({"libgcc >=13"}))
          .add(PackageBuilder("old").tar_bz2().without("sha256").track_features("a b"))
          .json();
  const Json document = Json::parse(text);
  const Json& zlib = document["packages.conda"]["zlib-1.3-h0_2.conda"];
  CHECK(zlib["build_number"] == 2);
  CHECK(zlib["depends"] == Json::array({"libgcc >=13"}));
  CHECK(zlib["sha256"].get<std::string>().size() == 64);
  const Json& old = document["packages"]["old-1.0-0.tar.bz2"];
  CHECK(old["track_features"] == "a b");
  CHECK_FALSE(old.contains("sha256"));
}

TEST_CASE("RepodataBuilder: raw text can make a duplicate key", "[support]") {
  const std::string text = RepodataBuilder("noarch")
                               .add(PackageBuilder("a"))
                               .raw("packages.conda", "\"a-1.0-0.conda\":{},")
                               .json();
  const std::size_t first = text.find("\"a-1.0-0.conda\"");
  REQUIRE(first != std::string::npos);
  CHECK(text.find("\"a-1.0-0.conda\"", first + 1) != std::string::npos);
}

TEST_CASE("run_program: gives stdin, folder, variables and umask, and hands back all three",
          "[support]") {
  const TempDir dir;
  const Outcome outcome =
      run_program("/bin/sh", {"-c", "cat; pwd; umask; echo \"$NAME\" >&2; exit 7"},
                  {dir.path(), {{"NAME", "value"}}, "from stdin\n", 027});
  CHECK(outcome.exit == 7);
  CHECK(outcome.out == "from stdin\n" + dir.path().string() + "\n0027\n");
  CHECK(outcome.err == "value\n");
}

TEST_CASE("Process: a signal that ends it is 128 and its number", "[support]") {
  const TempDir dir;
  Process sleeper("/bin/sleep", {"100"}, {dir.path()});
  sleeper.signal(SIGTERM);
  CHECK(sleeper.wait().exit == 128 + SIGTERM);
}

TEST_CASE("golden: a name without a stored text equals no output", "[support]") {
  CHECK(golden("no/such.txt", "anything") != "anything");
}

}  // namespace envlock::test
