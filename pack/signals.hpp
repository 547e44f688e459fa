#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace envlock {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request while it lives; the second one ends the
/// process at once with 130. Make it before any other thread: those it leaves must inherit the
/// blocked signals. A signal that the caller of the program ignores (nohup, a background job) stays
/// ignored.
class SignalWatcher {
 public:
  SignalWatcher();
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;
  [[nodiscard]] std::stop_token token() const noexcept { return interrupted_.get_token(); }

 private:
  sigset_t signals_{};
  std::stop_source interrupted_;
  std::jthread thread_;
};

}  // namespace envlock
