#pragma once

// Private to fetch/.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "fetch/repodata.hpp"
#include "model/guarded.hpp"

namespace envlock {

/// Feeds a sink from a thread of its own, so that decompressing (a third of the work of indexing a
/// large repodata) goes on beside it. At most `most_waiting` pieces wait. Used by one thread.
class SinkThread {
 public:
  explicit SinkThread(std::unique_ptr<RepodataSink> sink);
  /// Drops what waits.
  ~SinkThread();
  SinkThread(const SinkThread&) = delete;
  SinkThread& operator=(const SinkThread&) = delete;

  /// @throws what the sink threw of an earlier piece
  void feed(std::span<const std::byte> json);
  /// Waits until the sink has taken all that was fed.
  /// @throws what it threw: whoever failed while feeding asks this first, so that of two faults the
  ///   one that stands first in the document is told, whatever the threads' order
  void settle();
  /// Settles and finishes the sink.
  std::vector<std::byte> finish();

 private:
  static constexpr std::size_t most_waiting = 8;

  struct State {
    std::deque<std::vector<std::byte>> waiting;
    std::vector<std::vector<std::byte>> spare;  ///< Buffers to use again.
    bool is_working = false;
    std::exception_ptr fault;
  };

  void work(const std::stop_token& stop);

  std::unique_ptr<RepodataSink> sink_;
  Guarded<State> state_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace envlock
