#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/e2e/workspace.hpp"
#include "tests/support/channel_builder.hpp"

namespace envlock::test {

/// A workspace with a small channel of real archives beside the project ("../packages") and a lock:
/// lib (a library, links, an empty folder, names that are long, have spaces or are not ASCII) and
/// app, which needs it (a program, a text and a binary with placeholders, a read-only text).
class Packing {
 public:
  Packing();

  [[nodiscard]] const Workspace& operator*() const { return work_; }
  [[nodiscard]] const Workspace* operator->() const { return &work_; }
  [[nodiscard]] ChannelBuilder& channel() { return channel_; }
  /// Writes environment.yml with these dependencies and what follows them, and solves.
  void ask(const std::string& specs, const std::string& more = {},
           const std::vector<std::string>& options = {}) const;
  /// Runs `pack -o FILE` with more options, and requires exit 0. @return FILE's whole path
  std::string pack(const std::string& file, std::vector<std::string> options = {}) const;
  /// A path below the project.
  [[nodiscard]] std::string path(const std::string& name) const {
    return (work_.project() / name).string();
  }

 private:
  Workspace work_;
  ChannelBuilder channel_;
};

/// Runs a line of sh in a folder, with `args` as $1 and so on.
Outcome shell(const std::filesystem::path& cwd, const std::string& line,
              std::vector<std::string> args = {});

/// Whether a program is on PATH; says that the test, or a part of it, is skipped where not.
bool have(const std::string& program);

/// The kinds of sh that are here, of dash, bash and busybox.
std::vector<std::string> shells();

/// What two trees differ in: paths, types, modes, links, bytes. Empty: nothing.
std::string difference(const std::filesystem::path& a, const std::filesystem::path& b);

/// The names in a folder, sorted.
std::vector<std::string> names_in(const std::filesystem::path& folder);

}  // namespace envlock::test
