#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/lockfile.hpp"
#include "model/platform.hpp"

namespace envlock {

/// Who needs whom inside one platform of a lock: derived from the records' `depends`, never stored.
class LockGraph {
 public:
  using NodeId = std::size_t;
  struct Edge {
    NodeId node = 0;   ///< The other end.
    std::string spec;  ///< The dependency as the record writes it.
  };
  struct Node {
    const LockedPackage* package = nullptr;  ///< Nothing: a virtual package.
    std::string name, version, build;
    std::vector<Edge> needs;           ///< By name of the other end.
    std::vector<Edge> needed_by;       ///< By name of the other end.
    std::vector<Edge> constrained_by;  ///< Those whose `constrains` speak of it.
  };

  /// @param platform  must outlive the graph
  explicit LockGraph(const LockPlatform& platform);

  [[nodiscard]] const std::vector<Node>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] std::optional<NodeId> find(std::string_view name) const;

  /// For each node how to get to `target` by the fewest dependencies: the next node on the way
  /// (itself for the target), or nothing where it does not need `target`. Of equally short ways the
  /// first by name.
  [[nodiscard]] std::vector<std::optional<Edge>> shortest_ways(NodeId target) const;

  /// All nodes, each after what it needs; where they need each other, by name.
  [[nodiscard]] std::vector<NodeId> dependencies_first() const;

 private:
  std::vector<Node> nodes_;  ///< Sorted by name.
};

/// A line of the question that a lock answers.
struct LockRequest {
  std::string file;  ///< Relative to the lock.
  std::string spec;  ///< Normalised.
};

/// The requests of the lock's inputs that `name` on `platform` answers.
std::vector<LockRequest> requests_for(const LockInputs& inputs, const Platform& platform,
                                      std::string_view name);

}  // namespace envlock
