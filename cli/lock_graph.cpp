#include "cli/lock_graph.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>

#include "cli/pip_names.hpp"
#include "cli/pypi_needs.hpp"
#include "model/error.hpp"
#include "model/match_spec.hpp"
#include "model/pip_line.hpp"
#include "model/pypi_origin.hpp"
#include "model/wheel_name.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

/// Whether a line of a `pip:` list asks for a package.
bool asks_for(const std::string& text, const std::string& file, const LockedPypi& package) {
  PipLine line;
  try {
    line = parse_pip_line(text);
  } catch (const InputError&) {
    return false;  // the line of a lock that another version made
  }
  if (line.kind == PipLine::Kind::project) {
    const fs::path path = fs::path(file).parent_path() / line.path / "";
    const fs::path locked = fs::path(reference_path(package.path)) / "";
    return !package.path.empty() && path.lexically_normal() == locked.lexically_normal();
  }
  return (line.kind == PipLine::Kind::requirement || line.kind == PipLine::Kind::wheel) &&
         line.requirement.project == project_key(package.name);
}

}  // namespace

LockGraph::LockGraph(const Lockfile& lock, const Platform& subdir) {
  const LockPlatform& platform = lock.platforms.at(subdir);
  for (const LockedPackage& package : platform.packages) {
    const PackageRecord& record = package.record;
    nodes_.push_back({&package, nullptr, record.name, record.version, record.build, {}, {}, {}});
  }
  for (const VirtualPackage& package : platform.virtual_packages) {
    nodes_.push_back({nullptr, nullptr, package.name, package.version, package.build, {}, {}, {}});
  }
  for (const LockedPypi& package : platform.pypi) {
    nodes_.push_back({nullptr, &package, package.name, package.version, {}, {}, {}, {}});
    nodes_.back().from = pypi_origin(package);
  }
  std::ranges::stable_sort(nodes_, {}, &Node::name);

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
  if (!platform.pypi.empty()) add_pypi_edges(lock, subdir);
  for (Node& node : nodes_) std::ranges::stable_sort(node.needs, {}, &Edge::node);
}

void LockGraph::add_pypi_edges(const Lockfile& lock, const Platform& platform) {
  std::map<std::string, NodeId> by_project;
  PypiRules rules;
  rules.names = lock.inputs.pypi_names;
  for (const ProvidedProject& one :
       provided_projects(lock.platforms.at(platform).packages, rules)) {
    if (const auto node = find(one.package->record.name)) by_project[one.project] = *node;
  }
  for (NodeId id = 0; id < nodes_.size(); ++id) {
    if (nodes_[id].pypi != nullptr) by_project[project_key(nodes_[id].name)] = id;
  }
  const auto needs = pypi_needs(lock, platform);
  for (NodeId from = 0; from < nodes_.size(); ++from) {
    if (nodes_[from].pypi == nullptr) continue;
    const auto own = needs.find(project_key(nodes_[from].name));
    if (own == needs.end()) continue;
    for (const PypiNeed& need : own->second) {
      const auto to = by_project.find(need.requirement.project);
      if (to == by_project.end() || to->second == from) continue;
      nodes_[from].needs.push_back({to->second, need.text});
      nodes_[to->second].needed_by.push_back({from, need.text});
    }
  }
}

std::optional<LockGraph::NodeId> LockGraph::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(nodes_, name, {}, &Node::name);
  if (found == nodes_.end() || found->name != name) return std::nullopt;
  return static_cast<NodeId>(found - nodes_.begin());
}

std::optional<LockGraph::NodeId> LockGraph::find_project(std::string_view name) const {
  if (const auto exact = find(name)) return exact;
  const std::string key = project_key(name);
  const auto is_it = [&](const Node& node) { return project_key(node.name) == key; };
  auto found = std::ranges::find_if(
      nodes_, [&](const Node& node) { return node.pypi != nullptr && is_it(node); });
  if (found == nodes_.end()) found = std::ranges::find_if(nodes_, is_it);
  if (found == nodes_.end()) return std::nullopt;
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
                                      const LockGraph::Node& node) {
  std::vector<LockRequest> requests;
  if (node.pypi != nullptr) {
    const auto add_lines = [&](const LockInputs::File& file,
                               const std::vector<std::string>& lines) {
      for (const std::string& line : lines) {
        if (asks_for(line, file.path, *node.pypi)) requests.push_back({file.path, line});
      }
    };
    for (const LockInputs::File& file : inputs.files) {
      add_lines(file, file.pip);
      const auto limited = file.platform_pip.find(platform);
      if (limited != file.platform_pip.end()) add_lines(file, limited->second);
    }
    return requests;
  }
  const std::string& name = node.name;
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
