#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace envlock {

/// A stop that comes by itself after a while, or with the caller's own.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds patience, const std::stop_token& outer = {})
      : chained_(outer, Forward{source_}), thread_([this, patience](const std::stop_token& done) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          std::condition_variable_any never;
          never.wait_for(lock, done, patience, [] { return false; });
          source_.request_stop();
        }) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }

 private:
  struct Forward {
    std::stop_source& source;
    void operator()() const noexcept { source.request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Forward> chained_;
  std::jthread thread_;
};

}  // namespace envlock
