#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "model/platform.hpp"
#include "tests/e2e/workspace.hpp"

namespace envlock::test {

using Catch::Contains;

TEST_CASE("solve: environment.yml becomes a lock that an independent check finds right", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12", "pandas", "requests"});
  const Outcome outcome = work.run({"solve"});
  INFO(outcome.err);
  REQUIRE(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("envlock.lock"));
  CHECK(work.lock_problems().empty());
  CHECK(work.locked("python") == "3.12.5 h1_0_cpython");
  CHECK(work.locked("numpy") == "2.1.0 py312h0_0");
  CHECK(work.locked("pandas") == "2.2.2 py312h0_0");
  CHECK(work.locked("openssl") == "3.3.1 h0_0");
}

TEST_CASE("solve: the best versions of what was asked for come first", "[e2e]") {
  const Workspace work;
  work.environment({"numpy<2", "python"});
  work.solve();
  CHECK(work.locked("python") == "3.12.5 h1_0_cpython");
  CHECK(work.locked("numpy") == "1.26.4 py312h0_0");
}

TEST_CASE("solve: a lock holds no absolute path, user or host name", "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  work.solve();
  CHECK_THAT(work.lock(), !Contains(work.dir().path().string()));
  CHECK_THAT(work.lock(), !Contains("file://"));
  CHECK_THAT(work.lock(), Contains("\"url\": \"../channel\""));
}

TEST_CASE("solve --json: has the shape of the contract", "[e2e]") {
  const Workspace work;
  work.environment({"requests"});
  const Json first = work.json({"solve"});
  REQUIRE(first["exit_code"] == 0);
  const Json& result = first["result"];
  CHECK(result.at("lockfile") == "envlock.lock");
  const Json& platform = result.at("platforms").at("linux-64");
  const Json& packages = platform.at("packages");
  CHECK(packages.size() == 6);  // requests, urllib3, certifi, python, openssl, libzlib
  CHECK(platform.at("added").size() == packages.size());
  CHECK(platform.at("removed") == Json::array());
  CHECK(platform.at("changed") == Json::array());
  std::vector<std::string> names;
  for (const Json& package : packages) names.push_back(package.at("name"));
  CHECK(std::is_sorted(names.begin(), names.end()));
  std::set<std::string> subdirs;
  for (const Json& seen : result.at("seen")) {
    CHECK(seen.at("sha256").get<std::string>().size() == 64);
    CHECK(seen.at("signers").is_array());
    subdirs.insert(seen.at("subdir"));
  }
  CHECK(subdirs == std::set<std::string>{"linux-64", "noarch"});
  REQUIRE(result.at("timings_ms").is_object());
  for (const Json& ms : result.at("timings_ms")) CHECK(ms.is_number_integer());

  const Json second = work.json({"solve"});
  CHECK(second["result"]["platforms"]["linux-64"]["added"] == Json::array());
  CHECK(second["result"]["platforms"]["linux-64"]["changed"] == Json::array());
}

TEST_CASE("solve --dry-run: says what it would do and writes nothing", "[e2e]") {
  const Workspace work;
  work.environment({"numpy"});
  const Outcome outcome = work.run({"solve", "--dry-run"});
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("numpy"));
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("solve: several platforms, and those of an existing lock are kept", "[e2e]") {
  const Workspace work;
  work.write("environment.yml", "channels: [../channel]\ndependencies:\n  - numpy\n  - torch\n");
  work.solve({"--platform", "linux-64"});
  work.solve({"--platform", "osx-arm64"});
  const Json lock = Json::parse(work.lock());
  REQUIRE(lock["platforms"].size() == 2);
  CHECK(work.locked("torch", "osx-arm64") == "2.4.0 cpu_h0_0");
  CHECK(work.lock_problems().empty());
}

TEST_CASE("solve: what still satisfies is kept, and only what was asked for moves", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12", "numpy", "requests"});
  work.solve();
  work.publish_newer();
  SECTION("nothing changed in the question: the lock stays byte for byte") {
    const std::string before = work.lock();
    work.solve();
    CHECK(work.lock() == before);
  }
  SECTION("one more request: nothing else moves") {
    work.environment({"python=3.12", "numpy", "requests", "pandas"});
    const Outcome outcome = work.run({"solve"});
    REQUIRE(outcome.exit == 0);
    CHECK_THAT(outcome.out, Contains("0 unrelated"));
    CHECK(work.locked("numpy") == "2.1.0 py312h0_0");
    CHECK(work.locked("openssl") == "3.3.1 h0_0");
    CHECK(work.locked("urllib3") == "2.2.1 pyh0_0");
    CHECK(work.locked("pandas") == "2.2.2 py312h0_0");
  }
  SECTION("--update NAME raises that package alone") {
    work.solve({"--update", "urllib3"});
    CHECK(work.locked("urllib3") == "2.3.0 pyh0_0");
    CHECK(work.locked("numpy") == "2.1.0 py312h0_0");
    CHECK(work.locked("openssl") == "3.3.1 h0_0");
  }
  SECTION("--update SPEC honours the version") {
    work.solve({"--update", "numpy=1.26"});
    CHECK(work.locked("numpy") == "1.26.4 py312h0_0");
    CHECK(work.locked("openssl") == "3.3.1 h0_0");
  }
  SECTION("--update-all takes the newest of everything") {
    work.solve({"--update-all"});
    CHECK(work.locked("urllib3") == "2.3.0 pyh0_0");
    CHECK(work.locked("numpy") == "2.2.0 py312h0_0");
    CHECK(work.locked("openssl") == "3.4.0 h0_0");
  }
  CHECK(work.lock_problems().empty());
}

TEST_CASE("solve --update: a SPEC that the environment forbids names the line", "[e2e]") {
  const Workspace work;
  work.environment({"python", "numpy<2"});
  work.solve();
  const std::string before = work.lock();
  const Outcome outcome = work.run({"solve", "--update", "numpy>=2"});
  CHECK(outcome.exit == 4);
  CHECK_THAT(outcome.err, Contains("environment.yml:7"));
  CHECK(work.lock() == before);
}

TEST_CASE("solve: a pip list in an environment without pip names the line to add", "[e2e]") {
  const Workspace work;
  work.environment({"python", "pip:\n    - flask==3.0"});
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 3);
  CHECK_THAT(outcome.err, Contains("environment.yml:8: the 'pip:' list needs pip") &&
                              Contains("the line - pip"));
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("solve: a pip list in an environment without python names the lines to add", "[e2e]") {
  const Workspace work;
  work.environment({"openssl", "pip:\n    - flask==3.0"});
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 3);
  CHECK_THAT(outcome.err, Contains("environment.yml:8: the 'pip:' list needs python") &&
                              Contains("the lines - python and - pip"));
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("solve: a pip list for platforms alone whose python cannot run here is refused",
          "[e2e]") {
  const Workspace work;
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [osx-arm64]\ndependencies:\n  - python\n"
             "  - pip:\n    - flask==3.0\n");
  const Outcome outcome = work.run({"solve"});
  INFO(outcome.err);
  CHECK(outcome.exit == 8);
  CHECK_THAT(outcome.err, Contains("environment.yml:6: pip says what") &&
                              Contains("'platforms: [osx-arm64, " + Platform::host().subdir()));
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("solve: without __cuda the CPU build is taken, and a line says what to add", "[e2e]") {
  const Workspace work;
  work.environment({"torch"});
  const Outcome plain = work.run({"solve"});
  REQUIRE(plain.exit == 0);
  CHECK(work.locked("torch") == "2.4.0 cpu_h0_0");
  CHECK_THAT(plain.err, Contains("__cuda"));
  work.solve({"--virtual-package", "__cuda=12.4"});
  const Json lock = Json::parse(work.lock());
  CHECK_THAT(lock["platforms"]["linux-64"]["virtual_packages"].dump(),
             Contains("__cuda") && Contains("12.4"));
  work.solve({"--update-all"});
  CHECK(work.locked("torch") == "2.4.0 cuda_h0_200");
}

TEST_CASE("solve: virtual packages come from the options or the environment, never the machine",
          "[e2e]") {
  const Workspace work;
  work.environment({"python"});
  SECTION("none: nothing is assumed, so python's __glibc is not there") {
    const Outcome outcome = work.run({"solve", "--virtual-package", "none"});
    CHECK(outcome.exit == 4);
    CHECK_THAT(outcome.err, Contains("__glibc"));
  }
  SECTION("CONDA_OVERRIDE_GLIBC counts") {
    const Outcome outcome =
        run_envlock({"solve"}, work.options({{"CONDA_OVERRIDE_GLIBC", "2.12"}}));
    CHECK(outcome.exit == 4);
    CHECK_THAT(outcome.err, Contains("__glibc"));
  }
}

TEST_CASE("solve --exclude-newer: later records are left out, and the lock remembers the wish",
          "[e2e]") {
  const Workspace work;
  work.environment({"python", "numpy"});
  work.solve({"--exclude-newer", "2024-02-01"});
  CHECK(work.locked("numpy") == "1.26.4 py312h0_0");
  CHECK(work.locked("openssl") == "3.2.0 h0_0");
  const Json lock = Json::parse(work.lock());
  CHECK(lock["inputs"]["exclude_newer"]["asked"] == "2024-02-01");
  CHECK_THAT(work.run({"solve"}).err,
             Contains("stands in 'envlock.lock'") && Contains("--exclude-newer none ends it"));
  CHECK_THAT(work.run({"solve", "--exclude-newer", "2024-02-01"}).err, !Contains("ends it"));
  CHECK(work.run({"solve", "--check"}).exit == 0);
}

TEST_CASE("solve: hints of refusals are about what was typed", "[e2e]") {
  const Workspace work;
  work.environment({"python"});
  const Outcome package = work.run({"solve", "numpy"});
  CHECK(package.exit == 2);
  CHECK_THAT(package.err, Contains("no environment file 'numpy'") && Contains("'dependencies:'"));
  CHECK_THAT(work.run({"solve", "--platform", "noarch"}).err,
             Contains("always looked at") && !Contains("did you mean"));
}

TEST_CASE("solve: a bad date, platform or priority is exit 2 and names the choice", "[e2e]") {
  const Workspace work;
  work.environment({"python"});
  const std::vector<std::vector<std::string>> wrong = {{"solve", "--exclude-newer", "yesterday"},
                                                       {"solve", "--platform", "linux-65"},
                                                       {"solve", "--channel-priority", "strickt"},
                                                       {"solve", "--virtual-package", "__cuda"},
                                                       {"solve", "--threads", "0"},
                                                       {"solve", "--online"},
                                                       {"solve", "--check", "--update-all"},
                                                       {"solve", "--nonsense"}};
  for (const std::vector<std::string>& args : wrong) {
    INFO(args.back());
    const Outcome outcome = work.run(args);
    CHECK(outcome.exit == 2);
    CHECK_FALSE(outcome.err.empty());
    CHECK(outcome.out.empty());
    const Json document = work.json(args);
    CHECK(document["error"]["kind"] == "usage");
  }
  CHECK_THAT(work.run({"solve", "--platform", "linux-65"}).err, Contains("linux-64"));
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("solve: -o names another lock, and several files are merged", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12"});
  work.write("more.yml",
             "channels: [../channel]\nplatforms: [linux-64]\ndependencies: [numpy<2]\n");
  work.write("out/empty", "");  // the folder must be there
  work.solve({"environment.yml", "more.yml", "-o", "out/both.lock"});
  const Json lock = Json::parse(work.read("out/both.lock"));
  CHECK(lock["inputs"]["files"].size() == 2);
  CHECK(lock["inputs"]["files"][1]["path"] == "../more.yml");
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("lock is another name for solve", "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  CHECK(work.run({"lock"}).exit == 0);
  CHECK(work.locked("openssl") == "3.3.1 h0_0");
}

TEST_CASE("solve: a channel of the lock whose path has a space is found again", "[e2e]") {
  const Workspace work;
  std::filesystem::copy(work.channel(), work.dir() / "my channel",
                        std::filesystem::copy_options::recursive);
  work.write("environment.yml", "platforms: [linux-64]\ndependencies: [openssl]\n");
  work.solve({"-c", "../my channel"});
  const std::string lock = work.lock();
  work.solve();
  CHECK(work.lock() == lock);
  work.solve({"--check"});
}

}  // namespace envlock::test
