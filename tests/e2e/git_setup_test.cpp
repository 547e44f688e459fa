// `envlock git-setup` through the built program and the real git: what it sets, what git then shows
// of locks, and what becomes of merges.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/e2e/packing.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

/// A git repository, with a space in its path, around a project folder that has one, too; the lock
/// of the main branch asks for numpy.
class Repository {
 public:
  explicit Repository(std::string folder = "") : folder_(std::move(folder)) {
    fs::create_directories(here());
    git("init -q -b main .", top());
    ask({"numpy <2"});
    solve();
    write(top() / "README", "text\n");
    git("add -A");
    git("commit -q -m base");
  }

  [[nodiscard]] fs::path top() const { return work_.dir() / "my repository"; }
  [[nodiscard]] fs::path here() const { return top() / folder_; }
  [[nodiscard]] const Workspace& work() const { return work_; }
  [[nodiscard]] std::string lock_name() const {
    return folder_.empty() ? "envlock.lock" : folder_ + "/envlock.lock";
  }

  static void write(const fs::path& file, const std::string& text) {
    const TempDir dir;
    dir.write("file", text);
    fs::create_directories(file.parent_path());
    fs::copy_file(dir / "file", file, fs::copy_options::overwrite_existing);
  }
  [[nodiscard]] std::string read(const std::string& name) const { return read_file(here() / name); }

  /// environment.yml, each request between two comments: git merges lines that do not touch.
  void ask(const std::vector<std::string>& specs, const std::string& more = {}) const {
    const std::string channel =
        fs::path(work_.channel()).lexically_relative(here()).generic_string();
    std::string text =
        "channels:\n  - '" + channel + "'\nplatforms:\n  - linux-64\n" + more + "dependencies:\n";
    for (const char first : std::string("abcdefghijklmnopqrstuvwxyz")) {
      text += std::string("  # ") + first + "\n";
      for (const std::string& spec : specs) {
        if (spec.front() == first) text += "  - " + spec + "\n";
      }
    }
    write(here() / "environment.yml", text);
  }

  [[nodiscard]] Outcome run(const std::vector<std::string>& args) const {
    RunOptions options = work_.options(environment());
    options.cwd = here();
    return run_envlock(args, options);
  }
  void solve(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args{"solve"};
    args.insert(args.end(), more.begin(), more.end());
    const Outcome outcome = run(args);
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
  }

  [[nodiscard]] Outcome try_git(const std::string& line, const fs::path& cwd) const {
    RunOptions options = work_.options(environment());
    options.cwd = cwd;
    return run_program("/bin/sh", {"-c", "git " + line}, options);
  }
  [[nodiscard]] Outcome try_git(const std::string& line) const { return try_git(line, here()); }
  std::string git(const std::string& line, const fs::path& cwd) const {
    const Outcome outcome = try_git(line, cwd);
    INFO("git " << line << "\n" << outcome.out << outcome.err);
    REQUIRE(outcome.exit == 0);
    return outcome.out;
  }
  std::string git(const std::string& line) const { return git(line, here()); }

  void set_up(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args{"git-setup"};
    args.insert(args.end(), more.begin(), more.end());
    const Outcome outcome = run(args);
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
    git("add -A", top());
    git("commit -q -m attributes");
  }
  /// A branch from main with these requests, solved and committed; leaves main checked out.
  void branch(const std::string& name, const std::vector<std::string>& specs,
              const std::string& more = {}, const std::vector<std::string>& options = {}) const {
    git("checkout -q -b '" + name + "' main");
    ask(specs, more);
    solve(options);
    git("commit -q -a -m '" + name + "'");
    git("checkout -q main");
  }

 private:
  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"GIT_CONFIG_GLOBAL", "/dev/null"},
            {"GIT_CONFIG_SYSTEM", "/dev/null"},
            {"GIT_AUTHOR_NAME", "n"},
            {"GIT_AUTHOR_EMAIL", "e"},
            {"GIT_COMMITTER_NAME", "n"},
            {"GIT_COMMITTER_EMAIL", "e"},
            {"GIT_EDITOR", "true"},
            {"PATH", "/usr/bin:/bin"}};
  }
  Workspace work_;
  std::string folder_;
};

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
  CHECK_THAT(diff, Contains("\n-asked by environment.yml: numpy[version='<2']\n") &&
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
             Contains("sub folder/envlock.lock is left as a conflict: environment.yml: one side "
                      "asks for 'numpy=1.26', the other for 'numpy[version='>=2']'\n"));
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
