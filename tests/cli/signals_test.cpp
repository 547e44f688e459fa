#include "pack/signals.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

namespace envlock::test {
namespace {

/// Runs `body` in a process of its own, because signals are the process's; gives what wait gave.
int status_of(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

bool soon(const std::function<bool()>& holds) {
  for (int i = 0; i < 500; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_CASE("signals: the first one requests a stop") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const int status = status_of([&] {
      const SignalWatcher watcher;
      if (watcher.token().stop_requested()) return 1;
      ::kill(::getpid(), signal);
      return soon([&] { return watcher.token().stop_requested(); }) ? 0 : 2;
    });
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
}

TEST_CASE("signals: the second one ends the process at once with 130") {
  const int status = status_of([] {
    const SignalWatcher watcher;
    ::kill(::getpid(), SIGINT);
    soon([&] { return watcher.token().stop_requested(); });
    ::kill(::getpid(), SIGINT);
    std::this_thread::sleep_for(std::chrono::seconds(10));
    return 1;
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
}

TEST_CASE("signals: one that the caller ignores stays ignored") {
  const int status = status_of([] {
    ::signal(SIGHUP, SIG_IGN);
    const SignalWatcher watcher;
    ::kill(::getpid(), SIGHUP);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return watcher.token().stop_requested() ? 1 : 0;
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("signals: the watcher goes without waiting for a signal") {
  const auto start = std::chrono::steady_clock::now();
  const int status = status_of([] {
    const SignalWatcher watcher;
    return 0;
  });
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

}  // namespace envlock::test
