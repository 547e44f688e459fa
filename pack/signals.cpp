#include "pack/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>

#include "model/error.hpp"

namespace envlock {
namespace {

void wait_for_signals(const std::stop_token& done, const sigset_t& signals,
                      std::stop_source& interrupted) {
  while (!done.stop_requested()) {
    if (sigwaitinfo(&signals, nullptr) < 0 || done.stop_requested()) continue;
    if (!interrupted.request_stop()) _exit(static_cast<int>(ExitCode::interrupted));
  }
}

}  // namespace

SignalWatcher::SignalWatcher() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    sigaddset(&signals_, signal);
  }
  sigset_t blocked = signals_;
  sigaddset(&blocked, SIGPIPE);  // a closed pipe shows as EPIPE where it is written to
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  if (sigisemptyset(&signals_) == 1) return;
  thread_ = std::jthread(
      [this](const std::stop_token& done) { wait_for_signals(done, signals_, interrupted_); });
}

SignalWatcher::~SignalWatcher() {
  thread_.request_stop();
  // Any signal of the set wakes it, and it looks at the stop request first. The signal is blocked
  // there, so it stays pending where the thread is not waiting yet: no wake-up is lost.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (sigismember(&signals_, signal) == 1) {
      pthread_kill(thread_.native_handle(), signal);
      break;
    }
  }
}

}  // namespace envlock
