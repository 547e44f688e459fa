#pragma once

#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/guarded.hpp"

namespace envlock {

/// Counts paths that are no findings, and keeps the first of them by name: the same ones whatever
/// the threads. Any thread may add.
class CountedPaths {
 public:
  static constexpr std::size_t most_kept = 100;

  void add(std::string_view path) {
    const auto state = state_.lock();
    ++state->count;
    if (state->first.size() == most_kept && path > *state->first.rbegin()) return;
    state->first.emplace(path);
    if (state->first.size() > most_kept) state->first.erase(std::prev(state->first.end()));
  }
  [[nodiscard]] std::uint64_t count() const { return state_.lock()->count; }
  [[nodiscard]] std::vector<std::string> first() const {
    const auto state = state_.lock();
    return {state->first.begin(), state->first.end()};
  }

 private:
  struct State {
    std::uint64_t count = 0;
    std::set<std::string> first;
  };
  mutable Guarded<State> state_;
};

}  // namespace envlock
