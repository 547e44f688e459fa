#include "fetch/sink_thread.hpp"

#include <utility>

namespace envlock {

SinkThread::SinkThread(std::unique_ptr<RepodataSink> sink)
    : sink_(std::move(sink)), thread_([this](const std::stop_token& stop) { work(stop); }) {}

SinkThread::~SinkThread() = default;

void SinkThread::feed(std::span<const std::byte> json) {
  auto state = state_.lock();
  state.wait(changed_, {}, [](const State& now) {
    return now.fault != nullptr || now.waiting.size() < most_waiting;
  });
  if (state->fault) std::rethrow_exception(state->fault);
  std::vector<std::byte> piece;
  if (!state->spare.empty()) {
    piece = std::move(state->spare.back());
    state->spare.pop_back();
  }
  piece.assign(json.begin(), json.end());
  state->waiting.push_back(std::move(piece));
  changed_.notify_all();
}

void SinkThread::settle() {
  auto state = state_.lock();
  state.wait(changed_, {}, [](const State& now) {
    return now.fault != nullptr || (now.waiting.empty() && !now.is_working);
  });
  if (state->fault) std::rethrow_exception(state->fault);
}

std::vector<std::byte> SinkThread::finish() {
  settle();
  return sink_->finish();
}

void SinkThread::work(const std::stop_token& stop) {
  for (;;) {
    std::vector<std::byte> piece;
    {
      auto state = state_.lock();
      state.wait(changed_, stop, [](const State& now) { return !now.waiting.empty(); });
      if (stop.stop_requested()) return;
      piece = std::move(state->waiting.front());
      state->waiting.pop_front();
      state->is_working = true;
    }
    changed_.notify_all();
    std::exception_ptr fault;
    try {
      sink_->feed(piece);
    } catch (...) {
      fault = std::current_exception();
    }
    {
      auto state = state_.lock();
      state->is_working = false;
      state->fault = fault;
      state->spare.push_back(std::move(piece));
    }
    changed_.notify_all();
    if (fault) return;
  }
}

}  // namespace envlock
