#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/workspace.hpp"
#include "tests/support/runnable_channel.hpp"
#include "tests/support/wheel_index.hpp"

namespace envlock::test {

/// A project whose conda packages are those of the runnable channel, and whose `pip:` list comes
/// from a WheelIndex. Line 5 is python, 6 pip, 7 numpy, and 9 the first line of the list.
class PipWork {
 public:
  explicit PipWork(std::filesystem::path channel, WheelIndex::Form form = WheelIndex::Form::json)
      : index(form), channel_(std::move(channel)) {
    project_file();
  }

  void ask(const std::vector<std::string>& lines, const std::string& platforms = "linux-64",
           const std::string& channels = "") const {
    std::string text = "channels: ['" + channel_.string() + "'" + channels + "]\nplatforms: [" +
                       platforms +
                       "]\n# \ndependencies:\n  - python\n  - pip\n  - numpy\n  - pip:\n";
    for (const std::string& line : lines) text += "      - \"" + line + "\"\n";
    work.write("environment.yml", text);
  }
  void project_file(const std::string& more = "") const {
    work.write("envlock.yml",
               "virtual_packages: {linux-64: [__glibc=2.36]}\npypi:\n  indexes:\n"
               "    mine: " +
                   index.url() + "\n" + more);
  }
  [[nodiscard]] Outcome run(const std::vector<std::string>& args = {"solve"}) const {
    return work.run(args);
  }
  void solve(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args{"solve"};
    args.insert(args.end(), more.begin(), more.end());
    const Outcome outcome = run(args);
    INFO(outcome.err);
    REQUIRE(outcome.exit == 0);
  }
  [[nodiscard]] Json lock() const { return Json::parse(work.lock()); }
  /// "name version" of the lock's packages of PyPI.
  [[nodiscard]] std::vector<std::string> locked(const std::string& platform = "linux-64") const {
    std::vector<std::string> found;
    const Json all = lock();
    const Json& content = all["platforms"][platform];
    if (!content.contains("pypi")) return found;
    for (const Json& package : content["pypi"])
      found.push_back(package["name"].get<std::string>() + ' ' +
                      package["version"].get<std::string>());
    return found;
  }
  /// Exit status and message of a solve that must leave the lock alone.
  [[nodiscard]] std::string refused(int exit,
                                    const std::vector<std::string>& args = {"solve"}) const {
    const std::string before = work.exists("envlock.lock") ? work.lock() : "";
    const Outcome outcome = run(args);
    INFO(outcome.err);
    CHECK(outcome.exit == exit);
    CHECK((work.exists("envlock.lock") ? work.lock() : "") == before);
    return outcome.err;
  }

  Workspace work;
  WheelIndex index;

 private:
  std::filesystem::path channel_;
};

inline TestWheel wheel(std::string name, std::string version, std::vector<std::string> needs = {}) {
  TestWheel one;
  one.name = std::move(name);
  one.version = std::move(version);
  one.needs = std::move(needs);
  return one;
}

}  // namespace envlock::test
