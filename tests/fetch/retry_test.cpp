#include "fetch/retry.hpp"

#include <catch2/catch.hpp>
#include <thread>

namespace envlock::test {

using Catch::Contains;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

const RetryPolicy quick{.first_delay = milliseconds(1)};

}  // namespace

TEST_CASE("retry: a failure that may pass is tried again, three times in all", "[fetch]") {
  int tries = 0;
  CHECK(with_retries(quick, {}, [&] {
          if (++tries < 3) throw TransientError("broken");
          return tries;
        }) == 3);
  tries = 0;
  CHECK_THROWS_WITH(with_retries(quick, {},
                                 [&]() -> int {
                                   ++tries;
                                   throw TransientError("broken", "wait");
                                 }),
                    "broken (tried 3 times)");
  CHECK(tries == 3);
}

TEST_CASE("retry: any other failure is final", "[fetch]") {
  int tries = 0;
  CHECK_THROWS_AS(with_retries(quick, {},
                               [&]() -> int {
                                 ++tries;
                                 throw NetworkError("no");
                               }),
                  NetworkError);
  CHECK(tries == 1);
}

TEST_CASE("retry: Retry-After is the least to wait", "[fetch]") {
  bool failed = false;
  const auto start = steady_clock::now();
  with_retries(quick, {}, [&] {
    if (!failed) {
      failed = true;
      throw TransientError("busy", {}, milliseconds(200));
    }
    return 0;
  });
  CHECK(steady_clock::now() - start >= milliseconds(200));
}

TEST_CASE("retry: a server that asks to wait for long is given up at once", "[fetch]") {
  const auto start = steady_clock::now();
  CHECK_THROWS_WITH(
      with_retries(quick, {},
                   []() -> int { throw TransientError("busy", {}, std::chrono::hours(1)); }),
      Contains("asks to wait 3600 seconds"));
  CHECK(steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("retry: a requested stop ends the wait", "[fetch]") {
  const RetryPolicy slow{.first_delay = std::chrono::seconds(25)};
  std::stop_source stop;
  const std::jthread killer([&] {
    std::this_thread::sleep_for(milliseconds(50));
    stop.request_stop();
  });
  const auto start = steady_clock::now();
  CHECK_THROWS_AS(
      with_retries(slow, stop.get_token(), []() -> int { throw TransientError("broken"); }),
      Interrupted);
  CHECK(steady_clock::now() - start < std::chrono::seconds(5));
}

}  // namespace envlock::test
