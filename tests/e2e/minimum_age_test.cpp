#include <catch2/catch.hpp>

#include "tests/e2e/workspace.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

/// The channel with two versions of `a`, published on 2023-11-14 and 2023-11-24.
void publish(const Workspace& work) {
  RepodataBuilder("noarch")
      .add(PackageBuilder("a").version("1.0").noarch("generic").timestamp(1'700'000'000'000))
      .add(PackageBuilder("a").version("2.0").noarch("generic").timestamp(1'700'864'000'000))
      .write(work.dir() / "acme");
  work.write("environment.yml", "channels: [acme]\nplatforms: [linux-64]\ndependencies: [a]\n");
}

void demand(const Workspace& work, const std::string& age) {
  work.write("envlock.yml", "channels:\n  acme:\n    url: ../acme\n" +
                                (age.empty() ? "" : "    minimum_age: " + age + "\n"));
}

}  // namespace

TEST_CASE("minimum_age: solve takes what has been out long enough, and says what it passed over",
          "[e2e]") {
  const Workspace work;
  publish(work);
  demand(work, "7d");
  const Outcome outcome = work.run({"solve", "--now", "2023-11-26"});
  REQUIRE(outcome.exit == 0);
  CHECK(work.locked("a") == "1.0 0");
  CHECK_THAT(outcome.err, Contains("younger than the channel's 'minimum_age' allows"));
  CHECK_THAT(work.lock(), Contains("\"minimum_age\": \"7d\""));
  CHECK(work.run({"solve", "--update-all", "--now", "2023-12-02"}).exit == 0);
  CHECK(work.locked("a") == "2.0 0");
}

TEST_CASE("minimum_age: where all is too young, solve says so with exit 4", "[e2e]") {
  const Workspace work;
  publish(work);
  demand(work, "30d");
  const Outcome outcome = work.run({"solve", "--now", "2023-11-26"});
  CHECK(outcome.exit == 4);
  CHECK_THAT(outcome.err, Contains("'minimum_age'"));
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("minimum_age: --check finds a changed age and a package that is too young", "[e2e]") {
  const Workspace work;
  publish(work);
  demand(work, "");
  work.solve({"--now", "2023-11-26"});
  demand(work, "7d");
  const Outcome young = work.run({"solve", "--check", "--now", "2023-11-26"});
  CHECK(young.exit == 1);
  CHECK_THAT(young.out, Contains("a-2.0-0 is of 2023-11-24"));
  CHECK_THAT(young.out, Contains("minimum_age"));
  work.solve({"--now", "2023-12-10"});
  CHECK(work.run({"solve", "--check", "--now", "2023-12-10"}).exit == 0);
  // A clock that was set back makes it young again.
  CHECK(work.run({"solve", "--check", "--now", "2023-11-26"}).exit == 1);
}

}  // namespace envlock::test
