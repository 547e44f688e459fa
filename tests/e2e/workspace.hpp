#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/program.hpp"
#include "tests/support/repodata_builder.hpp"
#include "tests/support/temp_dir.hpp"

namespace envlock::test {

/// A folder with a small channel, a project beside it and a cache of their own; runs the built
/// envlock in the project.
class Workspace {
 public:
  /// The channel has python 3.11 and 3.12, numpy 1.26 and 2.1, pandas 2.2, requests, urllib3,
  /// openssl, libzlib and torch (a CPU and a CUDA build), for linux-64 and osx-arm64.
  Workspace();

  [[nodiscard]] std::filesystem::path project() const { return dir_ / "project"; }
  [[nodiscard]] std::filesystem::path channel() const { return dir_ / "channel"; }
  [[nodiscard]] const TempDir& dir() const noexcept { return dir_; }

  /// Adds newer records: numpy 2.2.0, urllib3 2.3.0 and openssl 3.4.0.
  void publish_newer() const;

  /// Writes environment.yml: the channel on line 2, linux-64 on line 4, the first of `specs` on
  /// line 6.
  void environment(const std::vector<std::string>& specs) const;
  /// Writes a file of the project.
  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] bool exists(const std::string& name) const;
  [[nodiscard]] std::string lock() const { return read("envlock.lock"); }

  [[nodiscard]] RunOptions options(std::map<std::string, std::string> env = {}) const;
  [[nodiscard]] Outcome run(const std::vector<std::string>& args) const;
  /// Runs it with --json and hands back the document, having required the envelope of the contract:
  /// one object and a newline on stdout, schema 1, the command, ok, exit_code, and result or error.
  [[nodiscard]] Json json(std::vector<std::string> args) const;
  /// Runs solve, and requires exit 0.
  void solve(std::vector<std::string> args = {}) const;

  /// Version and build of a package of the lock; "" where it is not there.
  [[nodiscard]] std::string locked(const std::string& name,
                                   const std::string& platform = "linux-64") const;
  /// What LockCheck finds wrong with the lock, joined; empty where it is right.
  [[nodiscard]] std::string lock_problems() const;

 private:
  TempDir dir_;
};

/// The same requirement for a document that any run printed.
Json require_envelope(const Outcome& outcome, const std::string& command);

}  // namespace envlock::test
