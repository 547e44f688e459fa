#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/console.hpp"
#include "fetch/progress.hpp"

namespace envlock {

/// Draws how far transfers are as one line at the bottom of the terminal, at most ten times a
/// second; draws nothing where the console has no place for it. Thread-safe. The line is gone when
/// this is.
class ProgressDisplay final : public ProgressListener {
 public:
  using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

  explicit ProgressDisplay(Console& console, SteadyClock clock = std::chrono::steady_clock::now);
  ~ProgressDisplay() override;
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// What is done beside transfers: "solving linux-64". Empty: nothing.
  void phase(std::string_view what);

  void started(std::size_t item, std::string_view what) override;
  void advanced(std::size_t item, std::uint64_t bytes, std::optional<std::uint64_t> total) override;
  void finished(std::size_t item) override;

 private:
  struct Transfer {
    std::string what;
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> total;
  };
  void draw(bool at_once);
  [[nodiscard]] std::string line() const;

  Console& console_;
  SteadyClock clock_;
  std::mutex mutex_;  ///< Over all below.
  std::string phase_;
  std::map<std::size_t, Transfer> running_;
  std::size_t done_ = 0;
  std::uint64_t done_bytes_ = 0;
  std::chrono::steady_clock::time_point next_draw_{};
};

}  // namespace envlock
