#include <catch2/catch.hpp>

#include "tests/e2e/workspace.hpp"
#include "tests/support/local_server.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

const std::string two_environments =
    "environments:\n"
    "  runtime:\n"
    "    files: [runtime.yml]\n"
    "  dev:\n"
    "    files: [runtime.yml, dev.yml]\n"
    "    same_versions_as: runtime\n"
    "platforms: [linux-64]\n";

void write_two_environments(const Workspace& work) {
  work.write("envlock.yml", two_environments);
  work.write("runtime.yml", "channels: [../channel]\ndependencies: [python=3.12, 'numpy<2']\n");
  work.write("dev.yml", "channels: [../channel]\ndependencies: [pandas]\n");
}

Json packages_of(const Workspace& work, const std::string& lock) {
  return Json::parse(work.read(lock))["platforms"]["linux-64"]["packages"];
}

std::string version_in(const Json& packages, const std::string& name) {
  for (const Json& package : packages) {
    if (package["name"] == name) return package["version"];
  }
  return "";
}

/// The channel of a workspace over HTTP, with an ETag.
LocalServer::Handler serve_channel(const Workspace& work) {
  return [&work](const LocalServer::Request& request) {
    const std::filesystem::path file = work.channel() / request.path.substr(1);
    if (!std::filesystem::is_regular_file(file)) return LocalServer::Answer{.status = 404};
    const std::string body = read_file(file);
    return file_answer(request, body, "\"" + std::to_string(std::hash<std::string>{}(body)) + "\"");
  };
}

}  // namespace

TEST_CASE("envlock.yml: several environments, each with its lock, one with the versions of another",
          "[e2e]") {
  const Workspace work;
  write_two_environments(work);
  work.solve();
  const Json runtime = packages_of(work, "runtime.lock");
  const Json dev = packages_of(work, "dev.lock");
  CHECK(version_in(runtime, "pandas").empty());
  CHECK(version_in(dev, "pandas") == "2.2.2");
  for (const Json& package : runtime) {
    INFO(package["name"]);
    CHECK(version_in(dev, package["name"]) == package["version"].get<std::string>());
  }
  CHECK(work.run({"solve", "--check"}).exit == 0);
  const Json document = work.json({"solve", "--check"});
  CHECK(document["result"]["environments"].size() == 2);
}

TEST_CASE("envlock.yml: -e acts on one environment, and an unknown name is exit 2", "[e2e]") {
  const Workspace work;
  write_two_environments(work);
  work.solve({"-e", "runtime"});
  CHECK(work.exists("runtime.lock"));
  CHECK_FALSE(work.exists("dev.lock"));
  const Outcome outcome = work.run({"solve", "-e", "prod"});
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, Contains("runtime") && Contains("dev"));
}

TEST_CASE("envlock.yml: an unsolvable environment leaves every lock as it was", "[e2e]") {
  const Workspace work;
  write_two_environments(work);
  work.write("dev.yml", "channels: [../channel]\ndependencies: ['numpy>=2']\n");
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 4);
  CHECK_FALSE(work.exists("runtime.lock"));
  CHECK_FALSE(work.exists("dev.lock"));
}

TEST_CASE("envlock.yml: denied packages are in no lock, and the reason is told", "[e2e]") {
  const Workspace work;
  work.environment({"python", "numpy"});
  work.write("envlock.yml", "policy:\n  denied:\n    - spec: numpy >=2\n      reason: licence\n");
  work.solve();
  CHECK(work.locked("numpy") == "1.26.4 py312h0_0");
  work.write("envlock.yml", "policy:\n  denied:\n    - spec: numpy\n      reason: licence\n");
  const Outcome stale = work.run({"solve", "--check"});
  CHECK(stale.exit == 1);
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 4);
  CHECK_THAT(outcome.err, Contains("envlock.yml"));
}

TEST_CASE("envlock.yml: unknown keys get the nearest one", "[e2e]") {
  const Workspace work;
  work.environment({"python"});
  work.write("envlock.yml", "platfroms: [linux-64]\n");
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 3);
  CHECK_THAT(outcome.err, Contains("envlock.yml:1") && Contains("platforms"));
}

TEST_CASE("envlock.yml: a name that one channel owns is never taken from another", "[e2e]") {
  const Workspace work;
  RepodataBuilder("linux-64").add(PackageBuilder("acme-lib")).write(work.dir() / "acme");
  RepodataBuilder("linux-64")
      .add(PackageBuilder("acme-lib").version("9.9"))
      .add(PackageBuilder("acme-tool"))
      .write(work.dir() / "public");
  work.write("envlock.yml",
             "channels:\n  acme:\n    url: ../acme\n    owns: ['acme-*']\n"
             "  public:\n    url: ../public\n");
  const std::string head = "channels: [public, acme]\nplatforms: [linux-64]\ndependencies: ";
  SECTION("its owner has it: that record is taken, though another channel comes first") {
    work.write("environment.yml", head + "[acme-lib]\n");
    const Outcome outcome = work.run({"solve"});
    REQUIRE(outcome.exit == 0);
    CHECK(work.locked("acme-lib") == "1.0 0");
    CHECK_THAT(outcome.err, Contains("acme-lib") && Contains("owns"));
  }
  SECTION("only another channel has it: exit 6") {
    work.write("environment.yml", head + "[acme-tool]\n");
    const Outcome outcome = work.run({"solve"});
    CHECK(outcome.exit == 6);
    CHECK_THAT(outcome.err, Contains("acme-tool"));
    CHECK_FALSE(work.exists("envlock.lock"));
  }
}

TEST_CASE("channels: 'channel::name' takes that channel, listed or not", "[e2e]") {
  const Workspace work;
  RepodataBuilder("linux-64")
      .add(PackageBuilder("torch").version("2.9").build("special_0"))
      .write(work.dir() / "special");
  work.environment({"../special::torch"});
  work.solve();
  CHECK(work.locked("torch") == "2.9 special_0");
  CHECK(work.lock_problems().empty());
  CHECK(work.run({"solve", "--check"}).exit == 0);
}

TEST_CASE("channels: over HTTP a warm solve asks with the ETag, and --offline opens no socket",
          "[e2e]") {
  const Workspace work;
  const LocalServer server(serve_channel(work));
  work.write("environment.yml", "channels: ['" + server.url() +
                                    "']\nplatforms: [linux-64]\ndependencies: [requests]\n");
  work.solve();
  const std::string lock = work.lock();
  CHECK_THAT(lock, Contains(server.url("/linux-64/python-3.12.5-h1_0_cpython.conda")));
  const std::size_t cold = server.requests().size();
  work.solve();
  for (std::size_t i = cold; i < server.requests().size(); ++i) {
    CHECK_FALSE(server.requests()[i].header("if-none-match").empty());
  }
  const std::size_t warm = server.requests().size();
  work.solve({"--offline", "--update-all"});
  work.solve({"--check"});
  CHECK(server.requests().size() == warm);
  CHECK(work.lock() == lock);
  const Outcome empty_cache =
      run_envlock({"solve", "--offline"},
                  work.options({{"ENVLOCK_CACHE_DIR", (work.dir() / "other-cache").string()}}));
  CHECK(empty_cache.exit == 5);
  CHECK_THAT(empty_cache.err, Contains("--offline"));
}

TEST_CASE("channels: the same channel by path and by file:// gives the same lock", "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  work.solve();
  const std::string lock = work.lock();
  work.write("environment.yml", "channels: ['file://" + work.channel().string() +
                                    "']\nplatforms: [linux-64]\ndependencies: [requests]\n");
  std::filesystem::remove(work.project() / "envlock.lock");
  work.solve();
  CHECK(work.lock() == lock);
}

}  // namespace envlock::test
