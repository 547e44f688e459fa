// `envlock diff` through the built program, on a channel that moves between two solves.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// old.lock and envlock.lock in a git repository: app became newer and brings a link script; new
/// came with it.
struct Moved : Packing {
  Moved() {
    ask("app");
    fs::copy((*this)->project() / "envlock.lock", (*this)->project() / "old.lock");
    channel().add_conda(ArchiveBuilder("new").file("share/new", "n"));
    channel().add_conda(ArchiveBuilder("app", "2.0")
                            .depends({"lib", "new"})
                            .file("share/app", "2")
                            .link_script("post-link", "echo hello"));
    fs::remove((*this)->project() / "envlock.lock");
    ask("app >=2");
  }
  [[nodiscard]] Json diff(std::vector<std::string> args) const {
    args.insert(args.begin(), {"diff", "old.lock", "envlock.lock", "--json"});
    const Outcome outcome = (*this)->run(args);
    INFO(outcome.err);
    REQUIRE(outcome.exit <= 1);
    Json document = Json::parse(outcome.out);
    CHECK(document["exit_code"] == outcome.exit);
    return document["result"];
  }
};

Json change_of(const Json& result, const std::string& rule) {
  for (const Json& change : result["changes"]) {
    if (change["rule"] == rule) return change;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("diff: two locks, with reasons, places and exit codes") {
  const Moved work;
  const Json result = work.diff({});
  CHECK_THAT(result["headline"].get<std::string>(),
             Catch::StartsWith("2 packages move because you changed 'app' to 'app >=2'"));
  const Json app = change_of(result, "EL103");
  CHECK(app["name"] == "app");
  CHECK(app["before"]["version"] == "1.0");
  CHECK(app["after"]["version"] == "2.0");
  CHECK(app["file"] == "envlock.lock");
  // Its line in the lock holds its name.
  std::string lock = read_file(work->project() / "envlock.lock");
  for (int line = 1; line < app["line"].get<int>(); ++line) lock.erase(0, lock.find('\n') + 1);
  CHECK(lock.substr(0, lock.find('\n')) == "          \"name\": \"app\",");
  CHECK(change_of(result, "EL120")["file"] == "environment.yml");
  CHECK(change_of(result, "EL120")["line"] == 3);
  CHECK(work->run({"diff", "old.lock", "envlock.lock"}).exit == 1);
  CHECK(work->run({"diff", "old.lock", "envlock.lock", "--fail-on", "none"}).exit == 0);
  CHECK(work->run({"diff", "old.lock", "old.lock"}).exit == 0);
  CHECK(work->run({"diff", "old.lock"}).exit == 2);
  CHECK(work->run({"diff", "old.lock", "no-such.lock"}).exit == 7);
  work->write("text.txt", "hello\n");
  CHECK(work->run({"diff", "old.lock", "text.txt"}).exit == 3);
  CHECK(work->run({"diff", "old.lock", "old.lock#env"}).exit == 2);
}

TEST_CASE("diff: what packages bring that runs by itself is read from the cache, or is unknown") {
  const Moved work;
  CHECK_FALSE(change_of(work.diff({}), "EL145").is_null());
  REQUIRE(work->run({"fetch", "envlock.lock"}).exit == 0);
  REQUIRE(work->run({"fetch", "old.lock"}).exit == 0);
  const Json result = work.diff({});
  CHECK(change_of(result, "EL145").is_null());
  CHECK_THAT(change_of(result, "EL136")["message"].get<std::string>(),
             Contains("app brings bin/.app-post-link.sh"));
}

TEST_CASE("diff: a policy decides what fails, and one finding is accepted by its bytes") {
  const Moved work;
  REQUIRE(work->run({"fetch", "envlock.lock"}).exit == 0);
  REQUIRE(work->run({"fetch", "old.lock"}).exit == 0);
  const auto run = [&] {
    return work->run({"diff", "old.lock", "envlock.lock", "--fail-on", "error"}).exit;
  };
  CHECK(run() == 1);
  REQUIRE(work->run({"diff", "old.lock", "envlock.lock", "--json", "-o", "report.json"}).exit == 1);
  work->write("envlock.yml", "platforms: [linux-64]\n");
  const std::string id = change_of(work.diff({}), "EL136")["id"];
  const Outcome accepted = work->run({"accept", id, "--reason", "read it", "--until", "2999-01-01",
                                      "--report", "report.json", "--project", "envlock.yml"});
  INFO(accepted.err);
  REQUIRE(accepted.exit == 0);
  CHECK(run() == 0);
  // verify reads the same file, and is not disturbed by what is said to diff.
  REQUIRE(work->run({"install", "-p", "env"}).exit == 0);
  CHECK(work->run({"verify", "env", "--lock", "envlock.lock", "--project", "envlock.yml"}).exit ==
        0);
  work->write("envlock.yml", "policy: {severities: {link-script: note, added-package: error}}\n");
  CHECK(run() == 1);
}

TEST_CASE("diff: a lock and a prefix is drift") {
  const Moved work;
  REQUIRE(work->run({"install", "envlock.lock", "-p", "env"}).exit == 0);
  CHECK(work->run({"diff", "envlock.lock", "env"}).exit == 0);
  const Outcome drift = work->run({"diff", "old.lock", "env"});
  CHECK(drift.exit == 1);
  CHECK_THAT(drift.out, Contains("drifted") && Contains("new is in the prefix, and not locked"));
  CHECK(work->run({"diff", "old.lock", (work->project()).string()}).exit == 7);
  // The prefix has the newer app, and a prefix of old.lock the older one than envlock.lock.
  REQUIRE(work->run({"install", "old.lock", "-p", "old-env"}).exit == 0);
  struct Case {
    std::string lock, prefix, rule;
    int exit;
  };
  for (const Case& one :
       {Case{"old.lock", "env", "EL103", 0}, Case{"envlock.lock", "old-env", "EL104", 1}}) {
    const std::vector<std::string> rest{"--fail-on", "warning", "--json"};
    std::vector<std::string> args{"diff", one.lock, one.prefix};
    args.insert(args.end(), rest.begin(), rest.end());
    std::vector<std::string> reversed{"diff", one.prefix, one.lock};
    reversed.insert(reversed.end(), rest.begin(), rest.end());
    const Outcome forwards = work->run(args);
    const Outcome backwards = work->run(reversed);
    CHECK(forwards.exit == one.exit);
    CHECK(backwards.exit == one.exit);
    const Json changes = Json::parse(forwards.out)["result"]["changes"];
    CHECK(changes == Json::parse(backwards.out)["result"]["changes"]);
    const Json app = change_of(Json::parse(forwards.out)["result"], one.rule);
    CHECK(app["name"] == "app");
    CHECK_THAT(app["advice"].get<std::string>(), Catch::StartsWith("install the lock again"));
  }
}

TEST_CASE(
    "diff: what pip installed beside the packages is drift, and what a package brought is not") {
  Packing work;
  work.channel().add_conda(ArchiveBuilder("python", "3.11.2").file("bin/python3.11", "", 0755));
  work.channel().add_conda(
      ArchiveBuilder("mod")
          .depends({"python"})
          .file("lib/python3.11/site-packages/mod-1.0.dist-info/METADATA", "Name: mod\n"));
  work.ask("mod");
  REQUIRE(work->run({"install", "-p", "env", "--no-byte-code"}).exit == 0);
  CHECK(work->run({"diff", "envlock.lock", "env"}).exit == 0);
  work->write("env/lib/python3.11/site-packages/Other_Thing-2.0.dist-info/METADATA", "");
  const Outcome drift = work->run({"diff", "envlock.lock", "env"});
  CHECK(drift.exit == 1);
  CHECK_THAT(drift.out, Contains("other-thing is in the prefix, and not locked: 2.0"));
}

TEST_CASE("diff: git:REV:PATH, baselines and explicit lists are compared as well") {
  const Moved work;
  const auto git = [&](const std::string& line) {
    const Outcome outcome = shell(work->project(),
                                  "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null; "
                                  "git -c user.name=n -c user.email=e " +
                                      line);
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
  };
  git("init -q -b main .");
  work->write("locks/envlock.lock", "");
  fs::copy(work->project() / "old.lock", work->project() / "at-top.lock");
  git("add at-top.lock environment.yml");
  git("commit -q -m x");
  CHECK(work->run({"diff", "git:main:at-top.lock", "old.lock"}).exit == 0);
  CHECK(work->run({"diff", "git:main:at-top.lock", "envlock.lock"}).exit == 1);
  CHECK(work->run({"diff", "git:main:none.lock", "envlock.lock"}).exit == 7);
  const Outcome away = work->run({"diff", "git:origin/main:at-top.lock", "envlock.lock"});
  CHECK(away.exit == 7);
  CHECK_THAT(away.err, Contains("there is no revision 'origin/main' here") &&
                           Contains("git fetch origin main"));
  // A policy that the base has not is none; one of no revision is an error.
  const Outcome none =
      work->run({"diff", "git:main:at-top.lock", "old.lock", "--project", "git:main:envlock.yml"});
  CHECK(none.exit == 0);
  CHECK_THAT(none.err, Contains("there is none there, so no policy counts"));
  CHECK(work->run({"diff", "old.lock", "old.lock", "--project", "git:origin/main:envlock.yml"})
            .exit == 7);
  CHECK(work->run({"diff", "old.lock", "old.lock", "--young", "7"}).exit == 2);
  REQUIRE(work->run({"baseline", "old.lock", "-o", "old.baseline"}).exit == 0);
  CHECK(work->run({"diff", "old.baseline", "old.lock"}).exit == 0);
  CHECK(work->run({"diff", "old.baseline", "envlock.lock"}).exit == 1);
  REQUIRE(work->run({"export", "old.lock", "--format", "explicit", "-o", "old.txt"}).exit == 0);
  const Outcome same = work->run({"diff", "old.txt", "old.lock"});
  INFO(same.out);
  CHECK(same.exit == 0);
  CHECK(work->run({"diff", "old.txt", "envlock.lock"}).exit == 1);
}

TEST_CASE("diff: several reports of one run, the same bytes in every run") {
  const Moved work;
  const std::vector<std::string> formats{"text",   "json",  "markdown", "sarif",
                                         "github", "junit", "gitlab"};
  std::vector<std::string> args{"diff", "old.lock", "envlock.lock", "--now",
                                "2026-06-01T00:00:00Z"};
  for (const std::string& format : formats) {
    args.emplace_back("--report");
    args.push_back(format + "=" + format + ".out");
  }
  REQUIRE(work->run(args).exit == 1);
  std::vector<std::string> first;
  for (const std::string& format : formats) first.push_back(work->read(format + ".out"));
  REQUIRE(work->run(args).exit == 1);
  for (std::size_t i = 0; i < formats.size(); ++i) {
    INFO(formats[i]);
    CHECK(work->read(formats[i] + ".out") == first[i]);
    CHECK_FALSE(first[i].empty());
    CHECK(first[i].find(work->project().string()) == std::string::npos);
  }
  CHECK(work->run({"diff", "a", "b", "--report", "csv=x"}).exit == 2);
}

}  // namespace envlock::test
