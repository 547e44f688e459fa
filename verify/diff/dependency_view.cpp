#include "verify/diff/dependency_view.hpp"

#include <algorithm>
#include <deque>

#include "model/package_name.hpp"
#include "model/text.hpp"

namespace envlock {

std::string dependency_name(std::string_view spec) { return to_lower(name_in_spec(spec)); }

DependencyView::DependencyView(const DiffPlatform& platform)
    : platform_(platform),
      needed_by_(platform.packages.size()),
      constrained_by_(platform.packages.size()) {
  nodes_.reserve(platform.packages.size());
  for (std::size_t i = 0; i < platform.packages.size(); ++i) {
    if (!platform.packages[i].pypi) nodes_.emplace(platform.packages[i].record->name, i);
  }
  for (const auto& [name, from] : nodes_) {
    const PackageRecord& record = *platform.packages[from].record;
    for (const std::string& spec : record.depends) {
      if (const auto to = find(name_in_spec(spec))) needed_by_[*to].push_back({from, spec});
    }
    for (const std::string& spec : record.constrains) {
      if (const auto to = find(name_in_spec(spec))) constrained_by_[*to].push_back({from, spec});
    }
  }
  for (auto* const lists : {&needed_by_, &constrained_by_}) {
    for (std::vector<Edge>& edges : *lists) std::ranges::stable_sort(edges, {}, &Edge::node);
  }
  find_ways();
}

std::optional<std::size_t> DependencyView::find(std::string_view name) const {
  const auto found = nodes_.find(name);
  if (found != nodes_.end()) return found->second;
  // Dependencies may be written in capitals; names of records rarely are.
  const auto lower = nodes_.find(to_lower(name));
  return lower == nodes_.end() ? std::nullopt : std::optional(lower->second);
}

void DependencyView::find_ways() {
  const std::size_t count = platform_.packages.size();
  before_.resize(count);
  std::vector<std::vector<std::size_t>> needs(count);
  for (std::size_t to = 0; to < count; ++to) {
    for (const Edge& edge : needed_by_[to]) needs[edge.node].push_back(to);
  }
  std::deque<std::size_t> waiting;
  const bool asked_is_known = std::ranges::any_of(platform_.packages, &DiffPackage::requested);
  for (std::size_t i = 0; i < count; ++i) {
    const bool starts = asked_is_known ? platform_.packages[i].requested : needed_by_[i].empty();
    if (!starts) continue;
    before_[i] = i;
    waiting.push_back(i);
  }
  while (!waiting.empty()) {
    const std::size_t at = waiting.front();
    waiting.pop_front();
    for (const std::size_t next : needs[at]) {
      if (before_[next]) continue;
      before_[next] = at;
      waiting.push_back(next);
    }
  }
}

std::vector<std::size_t> DependencyView::way_to(std::size_t node) const {
  std::vector<std::size_t> way;
  if (!before_[node]) return way;
  for (std::size_t at = node;; at = *before_[at]) {
    way.push_back(at);
    if (*before_[at] == at) break;
  }
  std::ranges::reverse(way);
  return way;
}

}  // namespace envlock
