#include "verify/diff/dependency_view.hpp"

#include <algorithm>
#include <deque>

#include "model/package_name.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_shown = 12;  ///< Of a way.

}  // namespace

std::string dependency_name(std::string_view spec) { return to_lower(name_in_spec(spec)); }

DependencyView::DependencyView(const DiffPlatform& platform)
    : platform_(platform),
      needed_by_(platform.packages.size()),
      constrained_by_(platform.packages.size()) {
  nodes_.reserve(platform.packages.size());
  for (std::size_t i = 0; i < platform.packages.size(); ++i) {
    if (!platform.packages[i].pypi) nodes_.emplace(platform.packages[i].record->name, i);
  }
  for (std::size_t from = 0; from < platform.packages.size(); ++from) {
    if (platform.packages[from].pypi) continue;
    const PackageRecord& record = *platform.packages[from].record;
    for (const std::string& spec : record.depends) {
      if (const auto to = find(name_in_spec(spec))) needed_by_[*to].push_back({from, spec});
    }
    for (const std::string& spec : record.constrains) {
      if (const auto to = find(name_in_spec(spec))) constrained_by_[*to].push_back({from, spec});
    }
  }
  find_ways();
}

std::optional<std::size_t> DependencyView::find(std::string_view name) const {
  const auto found = nodes_.find(name);
  if (found != nodes_.end()) return found->second;
  // Dependencies may be written in capitals; names of records rarely are.
  const std::string lower = to_lower(name);
  const auto other = lower == name ? nodes_.end() : nodes_.find(lower);
  return other == nodes_.end() ? std::nullopt : std::optional(other->second);
}

void DependencyView::find_ways() {
  const std::size_t count = platform_.packages.size();
  steps_.resize(count);
  std::vector<std::vector<std::size_t>> needs(count);
  for (std::size_t to = 0; to < count; ++to) {
    for (const Edge& edge : needed_by_[to]) needs[edge.node].push_back(to);
  }
  std::deque<std::size_t> waiting;
  const bool asked_is_known = std::ranges::any_of(platform_.packages, &DiffPackage::requested);
  for (std::size_t i = 0; i < count; ++i) {
    const bool starts = asked_is_known ? platform_.packages[i].requested : needed_by_[i].empty();
    if (!starts) continue;
    steps_[i] = Step{i, i, 1};
    waiting.push_back(i);
  }
  while (!waiting.empty()) {
    const std::size_t at = waiting.front();
    waiting.pop_front();
    for (const std::size_t next : needs[at]) {
      if (steps_[next]) continue;
      steps_[next] = Step{at, steps_[at]->first, steps_[at]->length + 1};
      waiting.push_back(next);
    }
  }
}

DependencyView::Way DependencyView::way_to(std::size_t node) const {
  Way way;
  const auto& end = steps_[node];
  if (!end) return way;
  const std::size_t shown = std::min(end->length, most_shown);
  for (std::size_t at = node; way.nodes.size() + 1 < shown; at = steps_[at]->before)
    way.nodes.push_back(at);
  way.nodes.push_back(end->first);
  way.left_out = end->length - shown;
  std::ranges::reverse(way.nodes);
  return way;
}

}  // namespace envlock
