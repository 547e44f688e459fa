#include "cli/lock_graph.hpp"

#include <algorithm>
#include <deque>

#include "model/match_spec.hpp"

namespace envlock {

LockGraph::LockGraph(const LockPlatform& platform) {
  for (const LockedPackage& package : platform.packages) {
    const PackageRecord& record = package.record;
    nodes_.push_back({&package, record.name, record.version, record.build, {}, {}, {}});
  }
  for (const VirtualPackage& package : platform.virtual_packages) {
    nodes_.push_back({nullptr, package.name, package.version, package.build, {}, {}, {}});
  }
  std::ranges::sort(nodes_, {}, &Node::name);

  for (NodeId from = 0; from < nodes_.size(); ++from) {
    if (nodes_[from].package == nullptr) continue;
    const PackageRecord& record = nodes_[from].package->record;
    const auto add = [&](const std::string& text, bool is_dependency) {
      const std::optional<NodeId> to = find(MatchSpec::parse(text).name());
      if (!to) return;  // a `constrains` on a package that is not there
      if (is_dependency) {
        nodes_[from].needs.push_back({*to, text});
        nodes_[*to].needed_by.push_back({from, text});
      } else {
        nodes_[*to].constrained_by.push_back({from, text});
      }
    };
    for (const std::string& text : record.depends) add(text, true);
    for (const std::string& text : record.constrains) add(text, false);
  }
  for (Node& node : nodes_) std::ranges::stable_sort(node.needs, {}, &Edge::node);
}

std::optional<LockGraph::NodeId> LockGraph::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(nodes_, name, {}, &Node::name);
  if (found == nodes_.end() || found->name != name) return std::nullopt;
  return static_cast<NodeId>(found - nodes_.begin());
}

std::vector<std::optional<LockGraph::Edge>> LockGraph::shortest_ways(NodeId target) const {
  std::vector<std::optional<Edge>> ways(nodes_.size());
  std::deque<NodeId> waiting{target};
  ways[target] = Edge{target, {}};
  while (!waiting.empty()) {
    const NodeId at = waiting.front();
    waiting.pop_front();
    for (const Edge& edge : nodes_[at].needed_by) {
      if (ways[edge.node]) continue;
      ways[edge.node] = Edge{at, edge.spec};
      waiting.push_back(edge.node);
    }
  }
  return ways;
}

std::vector<LockGraph::NodeId> LockGraph::dependencies_first() const {
  // Depth first without recursion: a hostile lock may hold a chain of any length.
  struct Step {
    NodeId node;
    std::size_t next = 0;
  };
  std::vector<NodeId> order;
  std::vector<bool> seen(nodes_.size(), false);
  for (NodeId start = 0; start < nodes_.size(); ++start) {
    if (seen[start]) continue;
    seen[start] = true;
    std::vector<Step> path{{start}};
    while (!path.empty()) {
      const std::vector<Edge>& needs = nodes_[path.back().node].needs;
      if (path.back().next == needs.size()) {
        order.push_back(path.back().node);
        path.pop_back();
        continue;
      }
      const NodeId child = needs[path.back().next++].node;
      if (seen[child]) continue;
      seen[child] = true;
      path.push_back({child});
    }
  }
  return order;
}

std::vector<LockRequest> requests_for(const LockInputs& inputs, const Platform& platform,
                                      std::string_view name) {
  std::vector<LockRequest> requests;
  const auto add = [&](const LockInputs::File& file, const std::vector<std::string>& specs) {
    for (const std::string& spec : specs) {
      if (MatchSpec::parse(spec).matches_name(name)) requests.push_back({file.path, spec});
    }
  };
  for (const LockInputs::File& file : inputs.files) {
    add(file, file.specs);
    const auto limited = file.platform_specs.find(platform);
    if (limited != file.platform_specs.end()) add(file, limited->second);
  }
  return requests;
}

}  // namespace envlock
