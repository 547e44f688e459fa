#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "model/error.hpp"

namespace envlock {

/// How often and when a failed request is tried again.
struct RetryPolicy {
  unsigned tries = 3;                          ///< In all.
  std::chrono::milliseconds first_delay{500};  ///< Doubled each time, times 0.5 to 1.5 by chance.
  std::chrono::milliseconds max_delay{30'000};
  std::chrono::milliseconds max_retry_after{120'000};  ///< A server that asks for longer: give up.
};

/// A failure after which the same request may succeed: connection errors, 408, 429, 5xx, a body
/// that ends early.
struct TransientError : NetworkError {
  explicit TransientError(const std::string& message, std::string hint = {},
                          std::optional<std::chrono::milliseconds> wait = {})
      : NetworkError(message, std::move(hint)), retry_after(wait) {}
  std::optional<std::chrono::milliseconds> retry_after;  ///< What the server asked for.
};

/// Whether the same request may be answered otherwise soon.
constexpr bool is_transient_status(int http_status) noexcept {
  return http_status == 408 || http_status == 429 || (http_status >= 500 && http_status != 501);
}

/// Sleeps before the next try. Part of with_retries.
/// @param tried  how many tries have failed, the last one with `failure`
/// @throws NetworkError saying how often it was tried, where there is no next try; Interrupted
void wait_before_retry(const RetryPolicy& policy, unsigned tried, const TransientError& failure,
                       const std::stop_token& stop);

/// Calls `attempt` until it returns without a TransientError, at most `policy.tries` times, and
/// sleeps in between. @throws what wait_before_retry throws, and what else `attempt` throws
template <class Attempt>
auto with_retries(const RetryPolicy& policy, const std::stop_token& stop, Attempt attempt) {
  for (unsigned tried = 1;; ++tried) {
    try {
      return attempt();
    } catch (const TransientError& failure) {
      wait_before_retry(policy, tried, failure, stop);
    }
  }
}

}  // namespace envlock
