#include <catch2/catch.hpp>

#include "tests/e2e/workspace.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

Workspace& with_lock(Workspace& work) {
  work.environment({"python=3.12", "numpy"});
  work.solve();
  return work;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("solve --check: a fresh lock is exit 0, without any channel at hand", "[e2e]") {
  Workspace work;
  with_lock(work);
  std::filesystem::remove_all(work.channel());
  const Outcome outcome = work.run({"solve", "--check"});
  CHECK(outcome.exit == 0);
  const Json document = work.json({"solve", "--check"});
  CHECK(document["result"]["findings"] == Json::array());
  CHECK(document["result"]["next"] == "");
}

TEST_CASE("solve --check: a changed spec is exit 1 with field, file and line", "[e2e]") {
  Workspace work;
  with_lock(work);
  const std::string before = work.lock();
  work.environment({"python=3.12", "numpy<2"});
  const Outcome outcome = work.run({"solve", "--check"});
  CHECK(outcome.exit == 1);
  CHECK_THAT(outcome.out, Contains("environment.yml:7") && Contains("numpy"));
  const Json document = work.json({"solve", "--check"});
  CHECK(document["ok"] == true);
  CHECK(document["result"]["next"] == "envlock solve");
  const Json& findings = document["result"]["findings"];
  REQUIRE(findings.size() == 1);
  CHECK(findings[0]["file"] == "environment.yml");
  CHECK(findings[0]["line"] == 7);
  CHECK(findings[0]["locked"] == "numpy");
  CHECK_THAT(findings[0]["field"].get<std::string>(), Contains("specs"));
  CHECK(work.lock() == before);
}

TEST_CASE("solve --check: comments and the order of lines change nothing", "[e2e]") {
  Workspace work;
  with_lock(work);
  work.write("environment.yml",
             "# a comment\nplatforms: [linux-64]\nname: other\ndependencies:\n  - numpy  # here\n"
             "  - python=3.12\nchannels:\n  - ../channel\n");
  const Outcome outcome = work.run({"solve", "--check"});
  INFO(outcome.out);
  CHECK(outcome.exit == 0);
}

TEST_CASE("solve --check: another channel, platform or option is named by its field", "[e2e]") {
  Workspace work;
  with_lock(work);
  SECTION("channel") {
    work.write("environment.yml", replaced(work.read("environment.yml"), "../channel", "../other"));
    const Outcome outcome = work.run({"solve", "--check"});
    CHECK(outcome.exit == 1);
    CHECK_THAT(outcome.out, Contains("channels"));
  }
  SECTION("platform") {
    work.write("environment.yml", replaced(work.read("environment.yml"), "  - linux-64",
                                           "  - linux-64\n  - osx-arm64"));
    const Outcome outcome = work.run({"solve", "--check"});
    CHECK(outcome.exit == 1);
    CHECK_THAT(outcome.out, Contains("osx-arm64"));
  }
  SECTION("channel priority") {
    const Outcome outcome = work.run({"solve", "--check", "--channel-priority", "flexible"});
    CHECK(outcome.exit == 1);
    CHECK_THAT(outcome.out, Contains("channel_priority"));
  }
  SECTION("exclude newer") {
    const Outcome outcome = work.run({"solve", "--check", "--exclude-newer", "2024-12-01"});
    CHECK(outcome.exit == 1);
    CHECK_THAT(outcome.out, Contains("exclude_newer"));
  }
}

TEST_CASE("solve --check: no lock is exit 7 and says how to make one", "[e2e]") {
  Workspace work;
  work.environment({"python"});
  const Outcome outcome = work.run({"solve", "--check"});
  CHECK(outcome.exit == 7);
  CHECK_THAT(outcome.err, Contains("envlock solve"));
}

TEST_CASE("a lock that contradicts itself is exit 3 for every command, and stays as it is",
          "[e2e]") {
  Workspace work;
  with_lock(work);
  const std::string good = work.lock();
  std::string bad;
  SECTION("merge-conflict marks") {
    bad = "<<<<<<< HEAD\n" + good + "=======\n" + good + ">>>>>>> branch\n";
  }
  SECTION("an unknown key") {
    bad = replaced(good, "\"lockfile_version\": 1,", "\"lockfile_version\": 1,\n  \"extra\": 1,");
  }
  SECTION("a short hash") { bad = replaced(good, "\"sha256\": \"", "\"sha256\": \"0"); }
  SECTION("inputs that were edited") { bad = replaced(good, "\"numpy\"", "\"numpy=1\""); }
  SECTION("another version") {
    bad = replaced(good, "\"lockfile_version\": 1", "\"lockfile_version\": 2");
  }
  SECTION("cut off") { bad = good.substr(0, good.size() / 2); }
  SECTION("empty") { bad = ""; }
  work.write("envlock.lock", bad);
  for (const std::vector<std::string>& args : {std::vector<std::string>{"solve"},
                                               {"solve", "--check"},
                                               {"tree"},
                                               {"why", "numpy"},
                                               {"export", "--format", "explicit"}}) {
    INFO(args.front());
    const Outcome outcome = work.run(args);
    CHECK(outcome.exit == 3);
    CHECK_THAT(outcome.err, Contains("envlock.lock"));
  }
  CHECK(work.lock() == bad);
}

TEST_CASE("a URL in a lock that leaves its channel is refused", "[e2e]") {
  Workspace work;
  with_lock(work);
  work.write("envlock.lock", replaced(work.lock(), "\"url\": \"../channel/linux-64/",
                                      "\"url\": \"../elsewhere/linux-64/"));
  CHECK(work.run({"solve", "--check"}).exit == 3);
}

TEST_CASE("solve --check --online: compares every entry with the channel's own record", "[e2e]") {
  Workspace work;
  with_lock(work);
  CHECK(work.run({"solve", "--check", "--online"}).exit == 0);
  const std::filesystem::path repodata = work.channel() / "linux-64/repodata.json";
  const std::string original = read_file(repodata);
  const auto publish = [&](const std::string& text) {
    work.dir().write("channel/linux-64/repodata.json", text);
    work.dir().write("channel/linux-64/repodata.json.zst", zstd_compressed(text));
  };
  Json document = Json::parse(original);
  const std::string fn = "numpy-2.1.0-py312h0_0.conda";
  Json& record = document["packages.conda"][fn];
  SECTION("other bytes under the same name are exit 6, naming the package") {
    record["sha256"] = std::string(64, '0');
    publish(document.dump());
    const Outcome outcome = work.run({"solve", "--check", "--online"});
    CHECK(outcome.exit == 6);
    CHECK_THAT(outcome.err, Contains("numpy"));
  }
  SECTION("another size is exit 6") {
    record["size"] = 7;
    publish(document.dump());
    CHECK(work.run({"solve", "--check", "--online"}).exit == 6);
  }
  SECTION("changed metadata of the same bytes is named as a hotfix") {
    record["depends"].push_back("libzlib");
    publish(document.dump());
    const Outcome outcome = work.run({"solve", "--check", "--online"});
    CHECK_THAT(outcome.out + outcome.err, Contains("numpy") && Contains("hotfix"));
  }
  SECTION("a withdrawn package is a finding") {
    document["packages.conda"].erase(fn);
    document["removed"].push_back(fn);
    publish(document.dump());
    const Outcome outcome = work.run({"solve", "--check", "--online"});
    CHECK(outcome.exit == 1);
    CHECK_THAT(outcome.out, Contains("numpy"));
  }
}

}  // namespace envlock::test
