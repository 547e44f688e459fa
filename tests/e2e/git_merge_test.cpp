// What becomes of locks in merges where `envlock git-setup` was called, with the real git.

#include <fstream>

#include "tests/e2e/git_repository.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;

/// The lock that a first `solve` of these requests makes.
std::string fresh_lock(const Repository& repository, const std::vector<std::string>& specs,
                       const std::string& more = {}) {
  const std::string kept = repository.read("environment.yml");
  const std::string lock = repository.read("envlock.lock");
  repository.ask(specs, more);
  fs::remove(repository.here() / "envlock.lock");
  repository.solve();
  const std::string fresh = repository.read("envlock.lock");
  Repository::write(repository.here() / "environment.yml", kept);
  Repository::write(repository.here() / "envlock.lock", lock);
  return fresh;
}

}  // namespace

TEST_CASE("git merge: a lock that leads out of the repository is a conflict, and nothing is read") {
  const Repository repository("sub");
  const fs::path outside = repository.work().dir() / "x";
  Repository::write(outside / "environment.yml",
                    "channels: [../channel]\nplatforms: [linux-64]\ndependencies: [numpy]\n");
  REQUIRE(repository.run({"solve", "../../x/environment.yml", "-o", "envlock.lock"}).exit == 0);
  // Whoever reads it says so.
  Repository::write(outside / "envlock.yml", "broken: [\n");
  for (const char* name : {"base", "ours", "theirs"})
    Repository::write(repository.top() / name, repository.read("envlock.lock"));
  RunOptions options = repository.work().options();
  options.cwd = repository.top();
  const Outcome outcome = run_envlock(
      {"git-setup", "merge", "base", "ours", "theirs", "7", "sub/envlock.lock"}, options);
  INFO(outcome.err);
  CHECK(outcome.exit == 1);
  CHECK_THAT(outcome.err, Contains("sub/envlock.lock is left as a conflict: ") &&
                              Contains("lies outside of the repository"));
  CHECK_THAT(outcome.err, !Contains("envlock.yml"));
}

TEST_CASE("git merge: two branches that each add a package give what a fresh solve of both gives") {
  const std::string folder = GENERATE(std::string(), std::string("sub folder/it's"));
  const Repository repository(folder);
  repository.set_up();
  repository.branch("theirs", {"numpy <2", "torch"});
  repository.branch("ours", {"numpy <2", "requests"});
  const std::string fresh = fresh_lock(repository, {"numpy <2", "requests", "torch"});

  repository.git("checkout -q ours");
  const Outcome merged = repository.try_git("merge --no-edit theirs");
  INFO(merged.out << merged.err);
  REQUIRE(merged.exit == 0);
  CHECK_THAT(merged.err + merged.out, Contains(repository.lock_name() + " is merged"));
  CHECK(repository.read("envlock.lock") == fresh);
  CHECK(repository.run({"solve", "--check"}).exit == 0);

  // The other way round, and by a rebase: the same bytes.
  repository.git("checkout -q -b other theirs");
  repository.git("merge -q --no-edit ours~0");
  CHECK(repository.read("envlock.lock") == fresh);
  repository.git("checkout -q -b rebased theirs");
  repository.git("rebase -q ours@{1}");
  CHECK(repository.read("envlock.lock") == fresh);
  CHECK(repository.git("status --porcelain").empty());
}

TEST_CASE("git merge: what one side raised stays raised, and nothing else moves") {
  const Repository repository;
  repository.set_up();
  repository.branch("theirs", {"numpy <2", "torch"});
  repository.work().publish_newer();
  repository.branch("ours", {"numpy <2"}, "", {"--update", "openssl"});
  repository.git("checkout -q ours");
  repository.ask({"numpy <2", "requests"});
  repository.solve();
  repository.git("commit -q -a -m requests");
  repository.git("merge -q --no-edit theirs");
  const Json lock = Json::parse(repository.read("envlock.lock"));
  std::map<std::string, std::string> versions;
  for (const Json& package : lock["platforms"]["linux-64"]["packages"])
    versions[package["name"]] = package["version"];
  CHECK(versions["openssl"] == "3.4.0");
  CHECK(versions["numpy"] == "1.26.4");
  CHECK(versions["torch"] == "2.4.0");
  CHECK(versions.contains("requests"));
  CHECK(repository.run({"solve", "--check"}).exit == 0);
}

TEST_CASE("git merge: lines that touch leave environment.yml to the user, and the lock is merged") {
  const Repository repository;
  repository.set_up();
  repository.branch("theirs", {"numpy <2", "pandas"});
  repository.branch("ours", {"numpy <2", "python 3.12.*"});
  const std::string fresh = fresh_lock(repository, {"numpy <2", "pandas", "python 3.12.*"});
  repository.git("checkout -q ours");
  CHECK(repository.try_git("merge --no-edit theirs").exit == 1);
  CHECK_THAT(repository.git("status --porcelain"),
             Contains("UU environment.yml") && Contains("M  envlock.lock"));
  CHECK(repository.read("envlock.lock") == fresh);
  repository.ask({"numpy <2", "pandas", "python 3.12.*"});
  CHECK(repository.run({"solve", "--check"}).exit == 0);
}

TEST_CASE("git merge: one request that became two is a conflict that is left as git leaves it") {
  const Repository repository("sub folder");
  repository.set_up();
  repository.branch("theirs", {"numpy >=2"});
  repository.branch("ours", {"numpy 1.26.*"});
  repository.git("checkout -q ours");
  const Outcome merged = repository.try_git("merge --no-edit theirs");
  CHECK(merged.exit == 1);
  CHECK_THAT(merged.err + merged.out,
             Contains("sub folder/envlock.lock is left as a conflict: environment.yml: ours "
                      "asks for numpy=1.26, theirs for numpy >=2\n"));
  CHECK_THAT(merged.err + merged.out,
             Contains("git checkout --ours -- 'sub folder/envlock.lock' && (cd 'sub folder' && "
                      "envlock solve) && git add -- 'sub folder/envlock.lock'"));
  const std::string left = repository.read("envlock.lock");
  CHECK_THAT(left, Contains("\n<<<<<<< ours\n") && Contains("\n>>>>>>> theirs\n"));
  CHECK(repository.run({"solve", "--check"}).exit == 3);
  // What it says to type settles it.
  repository.ask({"numpy >=2"});
  const Outcome settled = repository.try_git(
      "checkout --ours -- 'sub folder/envlock.lock' && (cd 'sub folder' && '" + envlock_program() +
          "' solve) && git add -- 'sub folder/envlock.lock' 'sub folder/environment.yml' && git "
          "commit -q --no-edit",
      repository.top());
  INFO(settled.err);
  CHECK(settled.exit == 0);
  CHECK(repository.run({"solve", "--check"}).exit == 0);
}

TEST_CASE("git merge: what cannot be solved, or not now, is a conflict that says why") {
  const Repository repository;
  repository.set_up();
  const auto merge = [&] {
    const Outcome merged = repository.try_git("merge --no-edit theirs");
    CHECK(merged.exit == 1);
    CHECK_THAT(repository.git("status --porcelain"), Contains("UU envlock.lock"));
    return merged.err + merged.out;
  };
  SECTION("requests that contradict each other") {
    // pandas needs numpy >=1.22.4; each side is solvable alone.
    repository.branch("theirs", {"numpy <2", "python 3.11.*"});
    repository.branch("ours", {"numpy[version='<2',build='py312*']"});
    repository.git("checkout -q ours");
    CHECK_THAT(merge(), Contains("is left as a conflict: 'numpy"));
  }
  SECTION("the channel is gone") {
    repository.branch("theirs", {"numpy <2", "torch"});
    repository.branch("ours", {"numpy <2", "requests"});
    repository.git("checkout -q ours");
    fs::remove_all(repository.work().channel());
    CHECK_THAT(merge(), Contains("is left as a conflict: "));
  }
  SECTION("envlock.yml denies what their side asks for") {
    repository.branch("theirs", {"numpy <2", "torch"});
    repository.branch("ours", {"numpy <2", "requests"});
    repository.git("checkout -q ours");
    Repository::write(repository.here() / "envlock.yml",
                      "policy: {denied: [{spec: torch, reason: x}]}\n");
    repository.solve();
    repository.git("add -A");
    repository.git("commit -q -m policy");
    CHECK_THAT(merge(), Contains("torch"));
  }
  SECTION("their lock is broken") {
    repository.branch("ours", {"numpy <2", "requests"});
    repository.git("checkout -q -b theirs");
    Repository::write(repository.here() / "envlock.lock", "{}\n");
    repository.git("commit -q -a -m broken");
    repository.git("checkout -q ours");
    repository.ask({"numpy <2", "requests", "torch"});
    repository.solve();
    repository.git("commit -q -a -m torch");
    CHECK_THAT(merge(), Contains("their side is no good lock"));
  }
}

TEST_CASE("git merge: branches that each made the first lock, and named locks of envlock.yml") {
  const Repository repository;
  Repository::write(
      repository.top() / "envlock.yml",
      "environments:\n  dev: {files: [environment.yml], lock: 'locks/dev it.lock'}\n");
  repository.git("rm -q envlock.lock");
  repository.set_up();
  CHECK_THAT(repository.read(".gitattributes"),
             Contains("\n\"/locks/dev it.lock\" diff=envlock merge=envlock\n"));
  for (const std::string name : {"requests", "torch"}) {
    repository.git("checkout -q -b " + name + " main");
    repository.ask({"numpy <2", name});
    fs::create_directories(repository.here() / "locks");
    repository.solve();
    repository.git("add -A");
    repository.git("commit -q -m x");
  }
  const Outcome merged = repository.try_git("merge --no-edit requests");
  INFO(merged.out << merged.err);
  REQUIRE(merged.exit == 0);
  CHECK(repository.run({"solve", "--check"}).exit == 0);
  CHECK_THAT(repository.read("locks/dev it.lock"),
             Contains("\"requests\"") && Contains("\"torch\""));
}

TEST_CASE("git merge: in another work tree of the same repository") {
  const Repository repository;
  repository.set_up();
  repository.branch("theirs", {"numpy <2", "torch"});
  repository.branch("ours", {"numpy <2", "requests"});
  const fs::path tree = repository.work().dir() / "another tree";
  repository.git("worktree add -q '" + tree.string() + "' ours");
  const Outcome merged = repository.try_git("merge --no-edit theirs", tree);
  INFO(merged.out << merged.err);
  CHECK(merged.exit == 0);
}

TEST_CASE("git merge: selectors, pip lists and variables of both sides come along") {
  const Repository repository;
  repository.set_up();
  repository.branch("theirs", {"numpy <2", "torch  # [linux]"}, "variables: {A: x}\n");
  repository.branch("ours", {"numpy <2", "requests", "urllib3 <3  # [linux]"}, "# more\n");
  repository.git("checkout -q ours");
  repository.git("merge -q --no-edit theirs || true");
  repository.ask({"numpy <2", "requests", "torch  # [linux]", "urllib3 <3  # [linux]"},
                 "variables: {A: x}\n");
  const Outcome check = repository.run({"solve", "--check"});
  INFO(check.out << check.err);
  CHECK(check.exit == 0);
}

}  // namespace envlock::test
