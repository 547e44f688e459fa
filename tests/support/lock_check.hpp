#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace envlock::test {

/// Judges a lockfile from its text and the channels' repodata alone: the slow and plain way, on
/// nothing of the solver. Keeps the repodata that it has read, for many locks in a row.
class LockCheck {
 public:
  /// Where a channel's folder lies, by its URL in locks; local channels are found without.
  void channel_at(const std::string& url, const std::filesystem::path& dir) { dirs_[url] = dir; }

  /// What is wrong with the lock, one sentence each; empty where it is right:
  /// one record a name; every dependency met, every constraint held, by a record of the platform or
  /// an assumed virtual package; every entry is the channel's own record, not removed; what was
  /// asked for is there and flagged, and nothing else is flagged; nothing is there that nothing
  /// needs; under strict priority each name comes from the first channel that has it; sorted.
  std::vector<std::string> problems(const std::filesystem::path& lock_file);

  /// The packages of all platforms in the lock that was judged last.
  [[nodiscard]] std::size_t package_count() const noexcept { return package_count_; }

 private:
  using Json = nlohmann::json;
  struct Subdir {
    Json document;
    std::map<std::string, bool> names;
  };
  class Platform;

  const Subdir& subdir(const std::filesystem::path& channel_dir, const std::string& name);
  std::filesystem::path dir_of(const std::string& url, const std::filesystem::path& lock_dir) const;

  std::map<std::string, std::filesystem::path> dirs_;
  std::map<std::filesystem::path, Subdir> subdirs_;
  std::size_t package_count_ = 0;
};

}  // namespace envlock::test
