#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "model/guarded.hpp"
#include "solver/repodata_batch.hpp"

namespace envlock {

/// Hands parsed batches over in a thread of its own, in their order: what a handler does with the
/// records of a large repodata is half of the work, and decompressing, cutting and parsing go on
/// beside it. At most `most_waiting` batches wait. A small document gets no thread. Used by one
/// thread.
class RepodataDelivery {
 public:
  /// `handler` and `faults` must outlive it.
  RepodataDelivery(RepodataHandler& handler, const RepodataFaults& faults);
  /// Drops what waits.
  ~RepodataDelivery();
  RepodataDelivery(const RepodataDelivery&) = delete;
  RepodataDelivery& operator=(const RepodataDelivery&) = delete;

  /// A batch to parse into. @throws what handing over an earlier one threw
  [[nodiscard]] std::unique_ptr<RepodataBatch> take_spare();
  void push(std::unique_ptr<RepodataBatch> batch);
  /// Waits until all is handed over.
  /// @throws what that threw: whoever meets a fault further on asks this first, so that of two
  ///   faults the one that stands first in the document is told, whatever the threads' order
  void settle();

 private:
  static constexpr std::size_t most_waiting = 8;
  static constexpr std::size_t worth_a_thread = 4;  ///< Batches.

  struct State {
    std::deque<std::unique_ptr<RepodataBatch>> waiting;
    std::vector<std::unique_ptr<RepodataBatch>> spare;
    bool is_working = false;
    std::exception_ptr fault;
  };

  void hand_over_waiting();
  void work(const std::stop_token& stop);

  RepodataHandler& handler_;
  const RepodataFaults& faults_;
  Guarded<State> state_;
  std::condition_variable_any changed_;
  std::optional<std::jthread> thread_;  // last: it ends before what it uses
};

}  // namespace envlock
