#include "fetch/retry.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

namespace envlock {

namespace {

using std::chrono::milliseconds;

/// Doubling with jitter, so that many clients of one broken server do not come back together.
milliseconds backoff(const RetryPolicy& policy, unsigned tried) {
  const unsigned doublings = std::min(tried - 1, 16U);
  const auto delay = std::min(policy.max_delay, policy.first_delay * (1U << doublings));
  std::random_device chance;
  std::uniform_real_distribution<double> jitter(0.5, 1.5);
  return milliseconds(
      static_cast<milliseconds::rep>(static_cast<double>(delay.count()) * jitter(chance)));
}

}  // namespace

void wait_before_retry(const RetryPolicy& policy, unsigned tried, const TransientError& failure,
                       const std::stop_token& stop) {
  const milliseconds asked = failure.retry_after.value_or(milliseconds(0));
  if (asked > policy.max_retry_after)
    throw NetworkError(failure.what() + std::string(", and asks to wait ") +
                           std::to_string(asked.count() / 1000) + " seconds",
                       failure.hint());
  if (tried >= policy.tries)
    throw NetworkError(
        tried == 1 ? failure.what()
                   : failure.what() + std::string(" (tried ") + std::to_string(tried) + " times)",
        failure.hint());
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::max(asked, backoff(policy, tried)), [] { return false; });
  if (stop.stop_requested()) throw Interrupted();
}

}  // namespace envlock
