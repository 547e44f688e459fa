// What --check says of locks that somebody edited, and other ways in which people and files
// misbehave.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/e2e/workspace.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using OrderedJson = nlohmann::ordered_json;

/// The lock with one package changed by `edit`, still readable.
template <class Edit>
void edit_package(const Workspace& work, const std::string& name, Edit edit) {
  OrderedJson lock = OrderedJson::parse(work.lock());
  for (OrderedJson& package : lock["platforms"]["linux-64"]["packages"]) {
    if (package["name"] == name) edit(package);
  }
  work.write("envlock.lock", lock.dump(2) + "\n");
}

void same_versions_project(const Workspace& work) {
  work.environment({"python=3.12", "numpy<2"});
  work.write("dev.yml",
             "channels: [../channel]\nplatforms: [linux-64]\ndependencies: [numpy, requests]\n");
  work.write("envlock.yml",
             "environments:\n  prod: {files: [environment.yml], lock: prod.lock}\n"
             "  dev: {files: [dev.yml], lock: dev.lock, same_versions_as: prod}\n");
}

}  // namespace

TEST_CASE("check: a package that nothing needs is a finding", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12", "requests"});
  work.solve();
  edit_package(work, "requests",
               [](OrderedJson& package) { package["depends"] = OrderedJson::array(); });
  const Outcome outcome = work.run({"solve", "--check"});
  CHECK(outcome.exit == 1);
  CHECK_THAT(outcome.out, Contains("urllib3") && Contains("nothing that is asked for needs it"));
}

TEST_CASE("check --online: another build under the channel's file name is exit 6", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12", "openssl"});
  work.solve();
  edit_package(work, "openssl", [](OrderedJson& package) { package["build"] = "forged_0"; });
  const Outcome outcome = work.run({"solve", "--check", "--online"});
  CHECK(outcome.exit == 6);
  CHECK_THAT(outcome.err, Contains("forged_0") && Contains("another build"));
}

TEST_CASE("check --online: other metadata under the same bytes is told, and no finding", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12", "openssl"});
  work.solve();
  edit_package(work, "openssl", [](OrderedJson& package) { package["license"] = "Other"; });
  const Outcome outcome = work.run({"solve", "--check", "--online"});
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.err, Contains("same bytes, other metadata") && Contains("license"));
}

TEST_CASE("check --online: a package URL that is not the channel's is exit 6", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12", "openssl"});
  work.solve();
  edit_package(work, "openssl", [](OrderedJson& package) {
    std::string url = package["url"];
    package["url"] = url.insert(url.rfind('/') + 1, "other/");
  });
  CHECK(work.run({"solve", "--check", "--online"}).exit == 6);
}

TEST_CASE("check: a cutoff that somebody moved is a finding", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12"});
  work.solve({"--exclude-newer", "2030-01-01"});
  OrderedJson lock = OrderedJson::parse(work.lock());
  lock["inputs"]["exclude_newer"]["cutoff"] = "2099-01-01T00:00:00Z";
  work.write("envlock.lock", lock.dump(2) + "\n");
  const Outcome outcome = work.run({"solve", "--check"});
  CHECK(outcome.exit == 1);
  CHECK_THAT(outcome.out, Contains("later than '2030-01-01' allows"));
}

TEST_CASE("check: a package that another channel owns is a finding", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12", "requests"});
  work.solve();
  work.write("other/noarch/repodata.json", "{}");
  work.write("envlock.yml",
             "channels:\n  main: {url: ../channel}\n  ours: {url: ./other, owns: ['requ*']}\n");
  work.write("environment.yml",
             "channels: [../channel, ours]\nplatforms: [linux-64]\ndependencies: ['python=3.12', "
             "requests]\n");
  const Outcome outcome = work.run({"solve", "--check"});
  CHECK(outcome.exit == 1);
  CHECK_THAT(outcome.out, Contains("'requ*' belongs to 'ours'"));
}

TEST_CASE("solve --platform: a file's list of platforms is whole", "[e2e]") {
  const Workspace work;
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [linux-64, osx-arm64]\ndependencies: [python]\n");
  CHECK(work.run({"solve", "--platform", "linux-64"}).exit == 0);
  CHECK(work.locked("python", "osx-arm64") != "");
  const Outcome outcome = work.run({"solve", "--platform", "win-64"});
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, Contains("not among the 'platforms:' of 'environment.yml'"));
}

TEST_CASE("solve: no absolute path of a file enters the lock", "[e2e]") {
  const Workspace work;
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [osx-arm64]\ndependencies:\n  - python\n  - pip:\n"
             "      - x  # [win]\n");
  work.solve({(work.project() / "environment.yml").string()});
  CHECK_THAT(work.lock(), !Contains(work.project().string()));
}

TEST_CASE("solve -e: an environment takes the versions of another one's existing lock", "[e2e]") {
  const Workspace work;
  same_versions_project(work);
  const Outcome too_early = work.run({"solve", "-e", "dev"});
  CHECK(too_early.exit == 2);
  CHECK_THAT(too_early.err, Contains("envlock solve -e prod -e dev"));
  REQUIRE(work.run({"solve", "-e", "prod"}).exit == 0);
  REQUIRE(work.run({"solve", "-e", "dev"}).exit == 0);
  CHECK_THAT(work.read("dev.lock"), Contains("numpy-1.26"));
  CHECK(work.run({"solve", "--check"}).exit == 0);
}

TEST_CASE("check: same_versions_as is stale where the other lock moved on", "[e2e]") {
  const Workspace work;
  same_versions_project(work);
  REQUIRE(work.run({"solve"}).exit == 0);
  work.environment({"python=3.12", "numpy>=2"});
  REQUIRE(work.run({"solve", "-e", "prod"}).exit == 0);
  const Outcome outcome = work.run({"solve", "--check", "-e", "dev"});
  CHECK(outcome.exit == 1);
  CHECK_THAT(outcome.out, Contains("environment 'prod' has"));
}

TEST_CASE("solve: an environment file given twice is exit 2", "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12"});
  CHECK(work.run({"solve", "environment.yml", "./environment.yml"}).exit == 2);
  CHECK_FALSE(work.exists("envlock.lock"));
}

TEST_CASE("solve: platforms that a file no longer names are told", "[e2e]") {
  const Workspace work;
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [linux-64, osx-arm64]\ndependencies: [python]\n");
  work.solve();
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [linux-64]\ndependencies: [python]\n");
  const Outcome outcome = work.run({"solve"});
  CHECK(outcome.exit == 0);
  CHECK_THAT(outcome.out, Contains("osx-arm64: no longer locked"));
}

TEST_CASE("export: -o replaces no device, no FIFO and not the lock itself, and a link stays one",
          "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12"});
  work.solve();
  const std::string lock = work.lock();
  CHECK(work.run({"export", "--format", "explicit", "-o", "/dev/null"}).exit == 7);
  CHECK(std::filesystem::is_character_file("/dev/null"));
  CHECK(work.run({"export", "--format", "explicit", "-o", "envlock.lock"}).exit == 2);
  CHECK(work.lock() == lock);
  work.write("target.txt", "old");
  std::filesystem::create_symlink("target.txt", work.project() / "link.txt");
  CHECK(work.run({"export", "--format", "explicit", "-o", "link.txt"}).exit == 0);
  CHECK(std::filesystem::is_symlink(work.project() / "link.txt"));
  CHECK_THAT(work.read("target.txt"), Contains("@EXPLICIT"));
}

TEST_CASE(
    "solve: --cache-dir takes a folder: nothing and a URL are exit 2, and no password is shown",
    "[e2e]") {
  const Workspace work;
  work.environment({"python=3.12"});
  CHECK(work.run({"--cache-dir", "", "solve"}).exit == 2);
  const Outcome outcome = work.run({"solve", "--cache-dir", "https://u:hunter2@h/x"});
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, !Contains("hunter2"));
  CHECK_FALSE(work.exists("https:"));
}

TEST_CASE("solve: a platform that a channel lacks is told without -v", "[e2e]") {
  const Workspace work;
  work.write("environment.yml",
             "channels: [../channel]\nplatforms: [linux-64]\ndependencies: [python]\n");
  std::filesystem::remove_all(work.channel() / "noarch");
  const Outcome outcome = work.run({"solve", "--dry-run"});
  CHECK_THAT(outcome.err, Contains("envlock: note: ") && Contains("has nothing for 'noarch'"));
  CHECK_THAT(work.run({"solve", "--dry-run", "--quiet"}).err, !Contains("has nothing for"));
}

TEST_CASE("help COMMAND is the command's --help, and a word before the command is no argument",
          "[e2e]") {
  const Workspace work;
  CHECK(work.run({"help", "solve"}).out == work.run({"solve", "--help"}).out);
  CHECK(work.run({"help"}).out == work.run({"--help"}).out);
  const Outcome outcome = work.run({"foo", "solve"});
  CHECK(outcome.exit == 2);
  CHECK_THAT(outcome.err, Contains("no command 'foo'"));
  CHECK(work.run({"--color", "never", "solve", "--help"}).exit == 0);
}

}  // namespace envlock::test
