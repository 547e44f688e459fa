#include "pack/child_process.hpp"

#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <thread>

#include "model/error.hpp"

namespace envlock::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

ChildCommand shell(const std::string& script) {
  return {.arguments = {"/bin/sh", "-c", script},
          .environment = {"PATH=/usr/bin:/bin"},
          .folder = "/",
          .input = {}};
}

/// How long it takes to be rid of a script that was asked to end half a second after its start.
Clock::duration time_to_stop(const std::string& script) {
  std::stop_source stop;
  const std::jthread asks([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    stop.request_stop();
  });
  const Clock::time_point start = Clock::now();
  CHECK_THROWS_AS(run_child(shell(script), stop.get_token()), Interrupted);
  return Clock::now() - start;
}

}  // namespace

TEST_CASE("run_child: tells the status and the beginning of what was said", "[child]") {
  const ChildResult result = run_child(shell("echo one; echo two >&2; exit 3"), {});
  CHECK(WEXITSTATUS(result.status) == 3);
  CHECK(result.error == "one\ntwo\n");
  CHECK(run_child(shell("head -c 100000 /dev/zero"), {}).error.size() == 4096);
}

TEST_CASE("run_child: a child that answers while it reads keeps nobody waiting", "[child]") {
  const std::string text(1'000'000, 'x');
  ChildCommand child = shell("cat");
  child.input = text;
  CHECK(run_child(child, {}).status == 0);
}

TEST_CASE("run_child: a child that reads nothing is judged by its status", "[child]") {
  const std::string text(1'000'000, 'x');
  ChildCommand child = shell("exit 4");
  child.input = text;
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigset_t before;
  REQUIRE(::pthread_sigmask(SIG_BLOCK, &pipe, &before) == 0);  // as the program has it
  CHECK(WEXITSTATUS(run_child(child, {}).status) == 4);
  const timespec none{};
  (void)::sigtimedwait(&pipe, nullptr, &none);
  REQUIRE(::pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
}

TEST_CASE("run_child: one that ends when asked to is not waited for", "[child]") {
  CHECK(time_to_stop("sleep 60") < seconds(3));
  // Nor one that was stopped, which hears nothing before it goes on.
  CHECK(time_to_stop("kill -STOP $$") < seconds(3));
}

TEST_CASE("run_child: one that will not end is ended, with what it started", "[child]") {
  const auto time = time_to_stop("trap '' TERM; (trap '' TERM; sleep 60) & sleep 60; sleep 60");
  CHECK(time >= seconds(3));
  CHECK(time < seconds(10));
}

TEST_CASE("run_child: nor does one that closed its output keep anybody", "[child]") {
  CHECK(time_to_stop("exec >/dev/null 2>&1; trap '' TERM; sleep 60; sleep 60") < seconds(10));
}

}  // namespace envlock::test
