// `envlock git-setup` through the built program and the real git: what it sets, and what git then
// shows of locks.

#include <fstream>

#include "tests/e2e/git_repository.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

}  // namespace

TEST_CASE("git-setup: sets what is missing once, says so, and takes it out again") {
  const Repository repository;
  CHECK(repository.run({"git-setup", "--check"}).exit == 1);
  Repository::write(repository.top() / ".gitattributes", "*.png binary");
  const Outcome first = repository.run({"git-setup"});
  INFO(first.err);
  REQUIRE(first.exit == 0);
  CHECK_THAT(first.out,
             Contains("set git config merge.envlock.driver: ") &&
                 Contains("set .gitattributes: envlock.lock diff=envlock merge=envlock"));
  const std::string attributes = "*.png binary\nenvlock.lock diff=envlock merge=envlock\n";
  CHECK(repository.read(".gitattributes") == attributes);
  CHECK(repository.run({"git-setup", "--check"}).exit == 0);
  const std::string config = repository.read(".git/config");
  CHECK(repository.run({"git-setup"}).exit == 0);
  CHECK(repository.read(".git/config") == config);
  CHECK(repository.read(".gitattributes") == attributes);
  // What a user has in the same sections stays.
  repository.git("config diff.envlock.xfuncname x");
  REQUIRE(repository.run({"git-setup", "--remove"}).exit == 0);
  CHECK(repository.read(".gitattributes") == "*.png binary\n");
  CHECK(repository.git("config --local --get-regexp envlock") == "diff.envlock.xfuncname x\n");
  CHECK(repository.run({"git-setup", "--check"}).exit == 1);
  CHECK_THAT(repository.run({"git-setup", "--remove"}).out, Contains("nothing was set up"));
}

TEST_CASE("git-setup --check: another driver, and a line that says otherwise, are not set up") {
  const Repository repository;
  repository.set_up();
  repository.git("config merge.envlock.driver /bin/true");
  const Outcome other = repository.run({"git-setup", "--check"});
  CHECK(other.exit == 1);
  CHECK_THAT(other.out, Contains("(was: /bin/true)"));
  REQUIRE(repository.run({"git-setup"}).exit == 0);
  CHECK(repository.run({"git-setup", "--check"}).exit == 0);
  Repository::write(repository.top() / ".gitattributes",
                    repository.read(".gitattributes") + "*.lock -merge\n");
  const Outcome overridden = repository.run({"git-setup", "--check", "--json"});
  CHECK(overridden.exit == 1);
  const Json result = require_envelope(overridden, "git-setup")["result"];
  CHECK(result["set_up"] == false);
  REQUIRE(result["missing"].size() == 1);
  CHECK(result["missing"][0]["what"] == "the attributes of envlock.lock");
}

TEST_CASE(
    "git-setup: wrong command lines, no repository, and a linked .gitattributes are refused") {
  const Repository repository;
  CHECK(repository.run({"git-setup", "--check", "--remove"}).exit == 2);
  CHECK(repository.run({"git-setup", "textconv"}).exit == 2);
  CHECK(repository.run({"git-setup", "textconv", "--check", "envlock.lock"}).exit == 2);
  CHECK(repository.run({"git-setup", "merge", "a", "b", "c"}).exit == 2);
  CHECK(repository.run({"git-setup", "merge", "a", "b", "c", "7", "../x"}).exit == 2);
  CHECK(repository.run({"git-setup", "merge", "a", "b", "c", "x", "x"}).exit == 2);
  CHECK(repository.run({"git-setup", "frobnicate"}).exit == 2);
  CHECK(repository.work().run({"git-setup"}).exit == 7);
  fs::create_symlink("../elsewhere", repository.top() / ".gitattributes");
  CHECK(repository.run({"git-setup"}).exit == 7);
  CHECK_FALSE(fs::exists(repository.work().dir() / "elsewhere"));
  CHECK(repository.try_git("config --local --get-regexp envlock").out.empty());
}

TEST_CASE("git-setup: a program whose path has spaces, quotes and percent signs is called") {
  const Repository repository;
  const fs::path odd = repository.work().dir() / "my 100%A 'tools'";
  fs::create_directory(odd);
  fs::copy_file(envlock_program(), odd / "envlock");
  RunOptions options = repository.work().options({{"GIT_CONFIG_GLOBAL", "/dev/null"}});
  options.cwd = repository.here();
  REQUIRE(run_program((odd / "envlock").string(), {"git-setup"}, options).exit == 0);
  repository.git("add -A");
  repository.git("commit -q -m attributes");
  CHECK_THAT(repository.git("log -p"), Contains("+linux-64 numpy 1.26.4 "));
  repository.branch("theirs", {"numpy <2", "torch"});
  repository.branch("ours", {"numpy <2", "requests"});
  repository.git("checkout -q ours");
  repository.git("merge -q --no-edit theirs");
}

TEST_CASE(
    "git-setup: git shows one line for each package that moved, and what is no lock as it is") {
  const Repository repository("sub folder");
  repository.set_up();
  repository.ask({"numpy"});
  repository.solve({"--update", "numpy"});
  const std::string diff = repository.git("diff --no-color");
  INFO(diff);
  CHECK_THAT(diff, Contains("\n-asked by environment.yml: numpy <2\n") &&
                       Contains("\n+asked by environment.yml: numpy\n") &&
                       Contains("\n-linux-64 numpy 1.26.4 py312h0_0 channel/linux-64 requested ") &&
                       Contains("\n+linux-64 numpy 2.1.0 py312h0_0 channel/linux-64 requested ") &&
                       !Contains("\n-linux-64 python") && !Contains("\"sha256\""));
  Repository::write(repository.here() / "envlock.lock", "no \x1b[31mlock\n");
  const std::string broken = repository.git("diff --no-color");
  CHECK_THAT(broken, Contains("\n+no ") && !Contains("\x1b"));
}

TEST_CASE("git-setup: a file that is too large for a lock is shown as it is") {
  const Repository repository;
  std::string text = "{\n\"first\": 1,\n";
  text.append((std::size_t{64} << 20U) + 1, ' ');
  std::ofstream(repository.here() / "large.lock") << text;
  const Outcome shown = repository.run({"git-setup", "textconv", "large.lock"});
  CHECK(shown.exit == 0);
  CHECK_THAT(shown.out.substr(0, 100), Catch::StartsWith("{\n\"first\": 1,\n"));
}

TEST_CASE("git-setup: other bytes and other metadata of a package show in git's diff") {
  const Repository repository;
  const Outcome text = repository.run({"git-setup", "textconv", "envlock.lock"});
  REQUIRE(text.exit == 0);
  Json lock = Json::parse(repository.read("envlock.lock"));
  Json& package = lock["platforms"]["linux-64"]["packages"][0];
  package["timestamp"] = package.value("timestamp", 0) + 1;
  Repository::write(repository.here() / "other.lock", lock.dump());
  const Outcome other = repository.run({"git-setup", "textconv", "other.lock"});
  CHECK(other.exit == 0);
  CHECK_THAT(other.out, Catch::StartsWith("lock version 1, solved\n"));
  CHECK(other.out != text.out);
  CHECK(other.out.size() == text.out.size());
}

}  // namespace envlock::test
