#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.hpp"
#include "fetch/progress.hpp"

namespace envlock {

/// Shows how the packages of one fetch come in. On a terminal: a line for each running download and
/// a total with rate and time left, at most ten times a second. Elsewhere: a line for each package
/// when it is there. Thread-safe; nothing is left on the terminal when this is gone.
class FetchProgress final : public ProgressListener {
 public:
  using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;
  struct Item {
    std::string name;
    std::uint64_t bytes = 0;  ///< By the lock; 0: not known.
  };

  /// @param items  by position
  FetchProgress(Console& console, std::vector<Item> items,
                SteadyClock clock = std::chrono::steady_clock::now);
  ~FetchProgress() override;
  FetchProgress(const FetchProgress&) = delete;
  FetchProgress& operator=(const FetchProgress&) = delete;

  /// The package is there. @param from_cache  nothing had to be fetched for it
  void arrived(std::size_t item, bool from_cache);

  void started(std::size_t item, std::string_view what) override;
  void advanced(std::size_t item, std::uint64_t bytes, std::optional<std::uint64_t> total) override;
  void finished(std::size_t item) override;

 private:
  void draw();
  [[nodiscard]] std::string text(std::chrono::steady_clock::time_point now);
  [[nodiscard]] double bytes_per_second(std::chrono::steady_clock::time_point now,
                                        std::uint64_t bytes);

  Console& console_;
  std::vector<Item> items_;
  SteadyClock clock_;
  std::mutex mutex_;                               ///< Over all below.
  std::map<std::size_t, std::uint64_t> running_;   ///< Bytes so far.
  std::map<std::size_t, std::uint64_t> begun_at_;  ///< Bytes that were there before this run.
  std::size_t here_ = 0;
  std::uint64_t here_bytes_ = 0;     ///< Of packages that are there.
  std::uint64_t fetched_bytes_ = 0;  ///< In this run, of packages that are no longer running.
  std::uint64_t total_bytes_ = 0;
  /// Times and bytes fetched by then, of the last few seconds.
  std::deque<std::pair<std::chrono::steady_clock::time_point, std::uint64_t>> samples_;
  std::chrono::steady_clock::time_point next_draw_{};
};

/// "45 s", "3 min 20 s", "2 h 05 min".
std::string human_duration(std::chrono::seconds time);

}  // namespace envlock
