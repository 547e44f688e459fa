#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/e2e/workspace.hpp"
#include "tests/support/look_alike.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

struct ListedRequest {
  std::string reason, platform, environment;
};

/// fixtures/requests/NAME.txt: `PLATFORM: SPEC; SPEC`, comments before a line say why.
std::vector<ListedRequest> listed_requests(const std::string& name) {
  std::ifstream in(fixtures_dir() / "requests" / (name + ".txt"));
  REQUIRE(in);
  std::vector<ListedRequest> requests;
  std::string reason;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    if (line.front() == '#') {
      reason = line;
      continue;
    }
    const std::size_t colon = line.find(": ");
    ListedRequest request{reason, line.substr(0, colon), ""};
    request.environment =
        "channels:\n  - ../look-alike\nplatforms:\n  - " + request.platform + "\ndependencies:\n";
    std::istringstream specs(line.substr(colon + 2));
    for (std::string spec; std::getline(specs, spec, ';');) {
      request.environment += "  - " + spec.substr(spec.find_first_not_of(' ')) + "\n";
    }
    requests.push_back(request);
  }
  REQUIRE(requests.size() > 5);
  return requests;
}

}  // namespace

TEST_CASE("solve: the listed requests that can be met are, and the locks are right", "[e2e]") {
  const Workspace work;
  make_look_alike(work.dir() / "look-alike");
  for (const ListedRequest& request : listed_requests("solvable")) {
    INFO(request.environment);
    work.write("environment.yml", request.environment);
    std::filesystem::remove(work.project() / "envlock.lock");
    const Outcome outcome = work.run({"solve"});
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    CHECK(work.lock_problems() == "");
    CHECK(work.run({"solve", "--check"}).exit == 0);
  }
}

TEST_CASE("solve: the listed requests that cannot be met are exit 4, each with a reason", "[e2e]") {
  const Workspace work;
  make_look_alike(work.dir() / "look-alike");
  for (const ListedRequest& request : listed_requests("unsolvable")) {
    INFO(request.reason << "\n" << request.environment);
    work.write("environment.yml", request.environment);
    const Outcome outcome = work.run({"solve"});
    INFO(outcome.err);
    CHECK(outcome.exit == 4);
    CHECK_THAT(outcome.err, Contains("(environment.yml:"));
    CHECK_FALSE(work.exists("envlock.lock"));
  }
}

TEST_CASE("solve: an explanation names the lines that collide, in text and in JSON", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.11", "numpy=2.1=py312h0_0"});
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 4);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains("environment.yml:6") && Contains("environment.yml:7") &&
                              Contains("python") && Contains("numpy"));
  const Json document = work.json({"solve"});
  CHECK(document["error"]["kind"] == "unsolvable");
  const Json& details = document["error"]["details"];
  CHECK(details.at("platform") == "linux-64");
  CHECK_FALSE(details.at("headline").get<std::string>().empty());
  CHECK(details.at("suggestions").is_array());
  std::vector<int> lines;
  for (const Json& line : details.at("lines")) {
    CHECK(line.at("depth").is_number_integer());
    if (line.contains("line")) lines.push_back(line["line"].get<int>());
  }
  CHECK(std::count(lines.begin(), lines.end(), 6) > 0);
  CHECK(std::count(lines.begin(), lines.end(), 7) > 0);
}

TEST_CASE("solve: no solution leaves the old lock as it was", "[e2e]") {
  const Workspace work;
  work.environment({"python"});
  work.solve();
  const std::string before = work.lock();
  work.environment({"python=3.13"});
  CHECK(work.run({"solve"}).exit == 4);
  CHECK(work.lock() == before);
}

TEST_CASE("solve: a typing mistake gets the nearest name", "[e2e]") {
  const Workspace work;
  work.environment({"python", "nunpy"});
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 4);
  CHECK_THAT(outcome.err, Contains("environment.yml:7") && Contains("numpy"));
}

TEST_CASE("solve: one platform without a solution is named, and nothing is written", "[e2e]") {
  const Workspace work;
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [linux-64, osx-arm64]\n"
             "dependencies:\n  - torch=*=cuda*\n");
  const Outcome outcome = work.run({"solve", "--virtual-package", "__cuda=12.4"});
  CHECK(outcome.exit == 4);
  CHECK_THAT(outcome.err, Contains("osx-arm64"));
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("solve: a version that strict priority hides is said to be hidden", "[e2e]") {
  const Workspace work;
  RepodataBuilder("linux-64")
      .add(PackageBuilder("numpy").version("1.20.0").build("old_0"))
      .write(work.dir() / "first");
  RepodataBuilder("noarch").write(work.dir() / "first");
  work.write("environment.yml",
             "channels:\n  - ../first\n  - ../channel\nplatforms: [linux-64]\n"
             "dependencies:\n  - numpy>=2\n");
  const Outcome strict = work.run({"solve"});
  CHECK(strict.exit == 4);
  CHECK_THAT(strict.err, Contains("channel") && Contains("priority") && Contains("2.1.0"));
  work.solve({"--channel-priority", "flexible"});
  CHECK(work.locked("numpy") == "2.1.0 py312h0_0");
  CHECK(work.lock_problems().empty());
}

}  // namespace envlock::test
