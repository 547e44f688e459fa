#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/lockfile.hpp"
#include "model/platform.hpp"

namespace envlock {

/// Who needs whom inside one platform of a lock: derived from the records' `depends` and the
/// wheels' `requires`, never stored. Of what markers and extras guard only what holds counts
/// (pypi_needs).
class LockGraph {
 public:
  using NodeId = std::size_t;
  struct Edge {
    NodeId node = 0;   ///< The other end.
    std::string spec;  ///< The dependency as the record writes it.
  };
  struct Node {
    const LockedPackage* package = nullptr;
    const LockedPypi* pypi = nullptr;  ///< Of PyPI instead.
    [[nodiscard]] bool is_virtual() const { return package == nullptr && pypi == nullptr; }
    [[nodiscard]] bool is_requested() const {
      return package != nullptr ? package->requested : pypi != nullptr && pypi->requested;
    }
    /// The channel's name, what pypi_origin says, or nothing.
    [[nodiscard]] std::string_view origin() const {
      if (pypi != nullptr) return from;
      return package == nullptr ? std::string_view() : package->channel;
    }
    std::string name, version, build;
    std::vector<Edge> needs;           ///< By name of the other end.
    std::vector<Edge> needed_by;       ///< By name of the other end.
    std::vector<Edge> constrained_by;  ///< Those whose `constrains` speak of it.
    std::string from = {};             ///< Of PyPI: pypi_origin.
  };

  /// @param lock  has the platform, and must outlive the graph
  LockGraph(const Lockfile& lock, const Platform& platform);

  [[nodiscard]] const std::vector<Node>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] std::optional<NodeId> find(std::string_view name) const;
  /// By the very name, else as projects are compared: without difference of case, '-', '_' and '.'.
  [[nodiscard]] std::optional<NodeId> find_project(std::string_view name) const;

  /// For each node how to get to `target` by the fewest dependencies: the next node on the way
  /// (itself for the target), or nothing where it does not need `target`. Of equally short ways the
  /// first by name.
  [[nodiscard]] std::vector<std::optional<Edge>> shortest_ways(NodeId target) const;

  /// All nodes, each after what it needs; where they need each other, by name.
  [[nodiscard]] std::vector<NodeId> dependencies_first() const;

 private:
  void add_pypi_edges(const Lockfile& lock, const Platform& platform);
  std::vector<Node> nodes_;  ///< Sorted by name.
};

/// A line of the question that a lock answers.
struct LockRequest {
  std::string file;  ///< Relative to the lock.
  std::string spec;  ///< Normalised.
};

/// The requests of the lock's inputs that a node on `platform` answers.
std::vector<LockRequest> requests_for(const LockInputs& inputs, const Platform& platform,
                                      const LockGraph::Node& node);

}  // namespace envlock
