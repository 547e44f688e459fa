#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "model/error.hpp"

namespace envlock {

/// Calls `work(i)` once for each i below `count`, in that order of beginning, by up to `threads`
/// threads at a time. The first exception ends the rest before it begins and is rethrown.
/// @throws Interrupted where `stop` was requested before all had begun
template <class Work>
void parallel_for(std::size_t count, std::size_t threads, const std::stop_token& stop,
                  const Work& work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto run = [&] {
    for (std::size_t i = 0; !stop.stop_requested() && (i = next.fetch_add(1)) < count;) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
        return;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min(threads, count); ++i) helpers.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
  if (stop.stop_requested()) throw Interrupted();
}

}  // namespace envlock
