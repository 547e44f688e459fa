#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace envlock {

/// How a run of git ended.
struct GitAnswer {
  std::optional<int> status;  ///< Its exit status; nothing where a signal ended it.
  std::string output;
  [[nodiscard]] bool ok() const noexcept { return status == 0; }
};

/// Runs git in `cwd`, with nothing on its standard input, and returns what it prints. Its own
/// messages are dropped, since they may repeat outside text.
/// @param arguments  without "git"; what comes from outside must not be able to start with a dash
/// @throws IoError where it cannot be run, TrustError where it prints more than `max_bytes`,
/// Interrupted
GitAnswer run_git(const std::filesystem::path& cwd, std::vector<std::string> arguments,
                  std::size_t max_bytes, const std::stop_token& stop = {});

}  // namespace envlock
