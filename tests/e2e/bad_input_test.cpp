#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/e2e/workspace.hpp"
#include "tests/support/local_server.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

const std::string head = "channels: [../channel]\nplatforms: [linux-64]\n";

}  // namespace

TEST_CASE("solve: an environment.yml over the size limit is exit 6, as all limits are", "[e2e]") {
  const Workspace work;
  work.write("environment.yml", head + "# " + std::string(std::size_t{2} << 20U, 'x') + "\n");
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 6);
  CHECK_THAT(outcome.err, Contains("environment.yml"));
}

TEST_CASE("solve: a malformed environment.yml is exit 3 and names file and line", "[e2e]") {
  struct Case {
    std::string what, text, expected;
  };
  std::string deep = "dependencies: ";
  for (int i = 0; i < 5000; ++i) deep += "[";
  const std::vector<Case> cases = {
      {"empty", "", "environment.yml"},
      {"binary",
       std::string("\x7f"
                   "ELF\0\1\2\xff\xfe",
                   9),
       "environment.yml"},
      {"not UTF-8", head + "dependencies: [\xc3\x28]\n", "environment.yml"},
      {"no mapping", "- a\n- b\n", "environment.yml"},
      {"broken YAML", "dependencies: [python\n", "environment.yml"},
      {"deep", deep, "environment.yml"},
      {"dependencies is text", head + "dependencies: python\n", "environment.yml:3"},
      {"dependencies is a mapping", head + "dependencies: {a: b}\n", "environment.yml:3"},
      {"a mapping as a dependency", head + "dependencies:\n  - foo: bar\n", "environment.yml:4"},
      {"channels is a number", "channels: 7\ndependencies: [python]\n", "environment.yml:1"},
      {"duplicate key", head + "dependencies: [a]\ndependencies: [b]\n", "environment.yml:4"},
      {"no MatchSpec", head + "dependencies:\n  - python ==\n", "environment.yml:4"},
      {"bad bracket", head + "dependencies:\n  - 'python[version'\n", "environment.yml:4"},
      {"noarch as a platform", "channels: [../channel]\nplatforms:\n  - noarch\n",
       "environment.yml:3"},
      {"merge key", head + "x: &x {a: 1}\nvariables:\n  <<: *x\n", "environment.yml"},
      {"a tag", head + "dependencies: [!!python/object:os.system a]\n", "environment.yml:3"},
      {"merge-conflict marks", "<<<<<<< HEAD\n" + head + "=======\n>>>>>>> x\n", "environment.yml"},
  };
  const Workspace work;
  for (const Case& test : cases) {
    INFO(test.what);
    work.write("environment.yml", test.text);
    const Outcome outcome = work.run({"solve"});
    INFO(outcome.err);
    CHECK(outcome.exit == 3);
    CHECK_THAT(outcome.err, Contains(test.expected));
    CHECK(work.json({"solve"})["error"]["kind"] == "invalid-input");
  }
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("solve: no file, a folder in its place, and no channel", "[e2e]") {
  const Workspace work;
  CHECK(work.run({"solve"}).exit == 2);  // nothing to solve was named and none is there
  CHECK(work.run({"solve", "missing.yml"}).exit == 7);
  std::filesystem::create_directory(work.project() / "folder.yml");
  CHECK(work.run({"solve", "folder.yml"}).exit == 7);
  work.write("environment.yml", "platforms: [linux-64]\ndependencies: [python]\n");
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 3);
  CHECK_THAT(outcome.err, Contains("channels:"));
  CHECK(work.run({"solve", "-c", "../channel"}).exit == 0);
}

TEST_CASE("solve: an unknown key gets the nearest one, an unknown platform too", "[e2e]") {
  const Workspace work;
  work.write("environment.yml", head + "dependancies: [python]\n");
  const Outcome key = work.run({"solve"});
  CHECK_THAT(key.err, Contains("dependancies") && Contains("dependencies"));
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [linux-65]\ndependencies: []\n");
  const Outcome platform = work.run({"solve"});
  CHECK(platform.exit == 3);
  CHECK_THAT(platform.err, Contains("environment.yml:2") && Contains("linux-64"));
}

TEST_CASE("solve: 3.10 stays 3.10", "[e2e]") {
  const Workspace work;
  RepodataBuilder("linux-64")
      .add(PackageBuilder("tool").version("3.1"))
      .add(PackageBuilder("tool").version("3.10"))
      .write(work.channel(), true);
  work.write("environment.yml", head + "dependencies: [tool=3.10]\nvariables: {LEVEL: 1.10}\n");
  work.solve();
  CHECK(work.locked("tool") == "3.10 0");
  CHECK(Json::parse(work.lock())["variables"]["LEVEL"] == "1.10");
}

TEST_CASE("solve: a channel that is not there, or is no channel", "[e2e]") {
  const Workspace work;
  const auto exit_with = [&](const std::string& channel) {
    const Outcome outcome = work.run({"solve", "-c", channel});
    INFO(channel << ": " << outcome.err);
    CHECK_FALSE(outcome.err.empty());
    CHECK_FALSE(work.exists("envlock.lock"));
    return outcome.exit;
  };
  work.write("environment.yml", "platforms: [linux-64]\ndependencies: [python]\n");
  CHECK(exit_with("../missing") == 5);
  work.write("a-file", "text");
  CHECK(exit_with("./a-file") == 5);
  std::filesystem::create_directory(work.dir() / "hollow");
  CHECK(exit_with("../hollow") == 5);

  const LocalServer server([](const LocalServer::Request& request) {
    LocalServer::Answer answer;
    if (request.path.starts_with("/html")) {
      answer.headers = {{"Content-Type", "text/html"}};
      answer.body = "<!DOCTYPE html><html><body>Please sign in</body></html>";
    } else if (request.path.starts_with("/forbidden")) {
      answer.status = 403;
    } else if (request.path.starts_with("/unauthorised")) {
      answer.status = 401;
    } else {
      answer.status = 404;
    }
    return answer;
  });
  CHECK(exit_with(server.url("/nothing")) == 5);
  CHECK(exit_with(server.url("/forbidden")) == 5);
  CHECK(exit_with(server.url("/unauthorised")) == 5);
  const int html = exit_with(server.url("/html"));
  CHECK((html == 3 || html == 5));
}

TEST_CASE("solve: damaged repodata is refused, and what the cache has stays", "[e2e]") {
  const Workspace work;
  work.environment({"python"});
  work.solve();
  const std::string before = work.lock();
  const std::string good = read_file(work.channel() / "linux-64/repodata.json");
  std::filesystem::remove(work.channel() / "linux-64/repodata.json.zst");
  const auto exit_with = [&](const std::string& text) {
    work.dir().write("channel/linux-64/repodata.json", text);
    const Outcome outcome = work.run({"solve", "--update-all"});
    INFO(outcome.err);
    CHECK_FALSE(outcome.err.empty());
    CHECK(work.lock() == before);
    return outcome.exit;
  };
  CHECK(exit_with(good.substr(0, good.size() - 20)) == 3);
  CHECK(exit_with("not json") == 3);
  CHECK(exit_with("[]") == 3);
  CHECK(exit_with(good + "{}") == 3);
  CHECK(exit_with(RepodataBuilder("linux-64").set("packages.conda", 7).json()) == 3);
  CHECK(exit_with(RepodataBuilder("linux-64")
                      .add(PackageBuilder("a"))
                      .raw("packages.conda", "\"b-1-0.conda\":{\"depth\":" + std::string(100, '[') +
                                                 std::string(100, ']') + "},")
                      .json()) == 6);  // a limit, not a fault
  work.dir().write("channel/linux-64/repodata.json", good);
  CHECK(work.run({"solve", "--update-all"}).exit == 0);
  work.dir().write("channel/linux-64/repodata.json.zst", zstd_compressed(good).substr(0, 200));
  CHECK(work.run({"solve", "--update-all"}).exit == 3);
}

TEST_CASE("solve: a channel outside envlock.yml's list is exit 6 with the lines to add", "[e2e]") {
  const Workspace work;
  work.write("envlock.yml", "channels:\n  house:\n    url: ../house\n");
  work.environment({"python"});
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 6);
  CHECK_THAT(outcome.err,
             Contains("environment.yml:2") && Contains("envlock.yml") && Contains("channels:"));
  CHECK(work.json({"solve"})["error"]["kind"] == "untrusted");
  work.write("envlock.yml", "channels:\n  house:\n    url: ../channel\n");
  CHECK(work.run({"solve"}).exit == 0);
}

TEST_CASE("solve: credentials in a channel's URL are refused in files and never printed", "[e2e]") {
  const Workspace work;
  for (const std::string url :
       {"http://bob:hunter2secret@127.0.0.1:1/ch", "http://127.0.0.1:1/t/hunter2secret/ch"}) {
    work.write("environment.yml",
               "channels: ['" + url + "']\nplatforms: [linux-64]\ndependencies: [python]\n");
    const Outcome text = work.run({"solve", "-vv"});
    CHECK(text.exit == 3);
    CHECK_THAT(text.out + text.err, !Contains("hunter2secret"));
    CHECK_THAT(work.json({"solve"}).dump(), !Contains("hunter2secret"));
    work.write("environment.yml", "platforms: [linux-64]\ndependencies: [python]\n");
    const Outcome option = work.run({"solve", "-vv", "-c", url});
    CHECK(option.exit != 0);
    CHECK_THAT(option.out + option.err, !Contains("hunter2secret"));
  }
}

TEST_CASE("solve: text of a channel cannot write to the terminal", "[e2e]") {
  const Workspace work;
  RepodataBuilder("linux-64")
      .add(PackageBuilder("tool").depends({"gone \x1b]0;owned\x07 >=1"}))
      .write(work.channel(), true);
  work.environment({"tool"});
  const Outcome outcome = run_envlock({"solve", "--color", "never"}, work.options());
  CHECK(outcome.exit != 0);
  CHECK_THAT(outcome.out + outcome.err, !Contains("\x1b") && !Contains("\x07"));
}

TEST_CASE("solve: where the lock cannot be written it is exit 7, and nothing is left behind",
          "[e2e]") {
  const Workspace work;
  work.environment({"openssl"});
  work.write("file", "text");
  const Outcome below_file = work.run({"solve", "-o", "file/envlock.lock"});
  CHECK(below_file.exit == 7);
  CHECK_THAT(below_file.err, Contains("file"));
  CHECK(work.run({"solve", "-o", "/proc/envlock.lock"}).exit == 7);
  std::filesystem::create_directory(work.project() / "closed");
  std::filesystem::permissions(work.project() / "closed", std::filesystem::perms::owner_read |
                                                              std::filesystem::perms::owner_exec);
  if (::geteuid() == 0) {
    WARN("SKIPPED: root may write into folders without write permission");
  } else {
    CHECK(work.run({"solve", "-o", "closed/envlock.lock"}).exit == 7);
  }
  for (const auto& entry : std::filesystem::directory_iterator(work.project())) {
    const std::string name = entry.path().filename().string();
    CHECK((name == "environment.yml" || name == "file" || name == "closed"));
  }
}

TEST_CASE("solve: a record without sha256 is no candidate; alone it is exit 6", "[e2e]") {
  const Workspace work;
  RepodataBuilder("linux-64")
      .add(PackageBuilder("tool").version("1.0"))
      .add(PackageBuilder("tool").version("2.0").without("sha256"))
      .add(PackageBuilder("bare").without("sha256"))
      .write(work.channel(), true);
  work.environment({"tool"});
  work.solve();
  CHECK(work.locked("tool") == "1.0 0");
  work.environment({"bare"});
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 6);
  CHECK_THAT(outcome.err, Contains("bare") && Contains("sha256"));
}

}  // namespace envlock::test
