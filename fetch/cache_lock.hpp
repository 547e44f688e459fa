#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>

#include "model/unique_fd.hpp"

namespace envlock {

/// Keeps other processes and threads from doing the same work at the same time. Correctness never
/// rests on it (files appear by rename): where the file system has no locks, or somebody holds
/// this one for longer than `patience`, work goes on without. A killed process holds no lock.
class CacheLock {
 public:
  /// @param file  made where it is missing, and never removed
  /// @throws IoError where it cannot be made; Interrupted
  CacheLock(const std::filesystem::path& file, std::chrono::milliseconds patience,
            const std::stop_token& stop);

 private:
  UniqueFd fd_;  ///< Closing it unlocks.
};

}  // namespace envlock
