#include "fetch/source_health.hpp"

#include <algorithm>
#include <utility>

namespace envlock {

std::vector<std::size_t> SourceHealth::order(std::span<const std::string> bases) const {
  std::vector<std::pair<unsigned, std::size_t>> ranked;
  {
    const auto states = states_.lock();
    for (std::size_t i = 0; i < bases.size(); ++i) {
      const auto found = states->find(bases[i]);
      const State state = found == states->end() ? State() : found->second;
      if (!state.excluded) ranked.emplace_back(state.failures, i);
    }
  }
  std::ranges::sort(ranked);
  std::vector<std::size_t> order;
  for (const auto& [failures, position] : ranked) order.push_back(position);
  return order;
}

void SourceHealth::succeeded(const std::string& base) { (*states_.lock())[base].failures = 0; }

bool SourceHealth::failed(const std::string& base) {
  const auto states = states_.lock();
  State& state = (*states)[base];
  ++state.failures;
  return !std::exchange(state.has_failed, true);
}

bool SourceHealth::exclude(const std::string& base) {
  return !std::exchange((*states_.lock())[base].excluded, true);
}

}  // namespace envlock
