#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/packing.hpp"

namespace envlock::test {

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

}  // namespace envlock::test
