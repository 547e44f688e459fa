#include "solver/repodata_delivery.hpp"

#include <utility>

namespace envlock {

RepodataDelivery::RepodataDelivery(RepodataHandler& handler, const RepodataFaults& faults)
    : handler_(handler), faults_(faults) {}

RepodataDelivery::~RepodataDelivery() = default;

std::unique_ptr<RepodataBatch> RepodataDelivery::take_spare() {
  auto state = state_.lock();
  // Once it is full it is half emptied first: a switch between threads for each batch is dear.
  if (state->waiting.size() >= most_waiting) {
    state.wait(changed_, {}, [](const State& now) {
      return now.fault != nullptr || now.waiting.size() <= most_waiting / 2;
    });
  }
  if (state->fault) std::rethrow_exception(state->fault);
  if (state->spare.empty()) return std::make_unique<RepodataBatch>();
  std::unique_ptr<RepodataBatch> batch = std::move(state->spare.back());
  state->spare.pop_back();
  return batch;
}

void RepodataDelivery::push(std::unique_ptr<RepodataBatch> batch) {
  std::size_t waiting = 0;
  {
    auto state = state_.lock();
    state->waiting.push_back(std::move(batch));
    waiting = state->waiting.size();
  }
  if (waiting == 1) changed_.notify_all();
  if (!thread_ && waiting >= worth_a_thread)
    thread_.emplace([this](const std::stop_token& stop) { work(stop); });
}

void RepodataDelivery::settle() {
  if (!thread_) return hand_over_waiting();
  auto state = state_.lock();
  state.wait(changed_, {}, [](const State& now) {
    return now.fault != nullptr || (now.waiting.empty() && !now.is_working);
  });
  if (state->fault) std::rethrow_exception(state->fault);
}

/// Without a thread.
void RepodataDelivery::hand_over_waiting() {
  auto state = state_.lock();
  if (state->fault) std::rethrow_exception(state->fault);
  while (!state->waiting.empty()) {
    const std::unique_ptr<RepodataBatch> batch = std::move(state->waiting.front());
    state->waiting.pop_front();
    try {
      batch->hand_over(handler_, faults_);
    } catch (...) {
      state->fault = std::current_exception();
      throw;
    }
  }
}

void RepodataDelivery::work(const std::stop_token& stop) {
  for (;;) {
    std::unique_ptr<RepodataBatch> batch;
    bool is_awaited = false;
    {
      auto state = state_.lock();
      state.wait(changed_, stop, [](const State& now) { return !now.waiting.empty(); });
      if (stop.stop_requested()) return;
      batch = std::move(state->waiting.front());
      state->waiting.pop_front();
      state->is_working = true;
      is_awaited = state->waiting.size() == most_waiting / 2;
    }
    if (is_awaited) changed_.notify_all();
    std::exception_ptr fault;
    try {
      batch->hand_over(handler_, faults_);
    } catch (...) {
      fault = std::current_exception();
    }
    {
      auto state = state_.lock();
      state->is_working = false;
      state->fault = fault;
      state->spare.push_back(std::move(batch));
      is_awaited = fault || state->waiting.empty();
    }
    if (is_awaited) changed_.notify_all();
    if (fault) return;
  }
}

}  // namespace envlock
