#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "verify/diff/diff_input.hpp"

namespace envlock {

/// The name that a dependency's text asks for, in lower case: "numpy" of "conda-forge::NumPy >=1".
/// Cheap: a diff looks at all dependencies of a lock, and parses few of them.
std::string dependency_name(std::string_view spec);

/// Who needs whom among one platform's conda packages. Borrowed from the platform.
class DependencyView {
 public:
  struct Edge {
    std::size_t node = 0;   ///< The other end; an index into `DiffPlatform::packages`.
    std::string_view spec;  ///< As the record writes it.
  };

  explicit DependencyView(const DiffPlatform& platform);

  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  [[nodiscard]] const DiffPackage& package(std::size_t node) const {
    return platform_.packages[node];
  }
  /// Those that depend on a package, then those whose `constrains` speak of it.
  [[nodiscard]] const std::vector<Edge>& needed_by(std::size_t node) const {
    return needed_by_[node];
  }
  [[nodiscard]] const std::vector<Edge>& constrained_by(std::size_t node) const {
    return constrained_by_[node];
  }
  struct Way {
    std::vector<std::size_t> nodes;  ///< Both ends included; empty: there is none.
    std::size_t left_out = 0;        ///< Behind the first of `nodes`, where the way is a long one.
  };
  /// The shortest way to a package from one that was asked for (where nobody knows that: from one
  /// that nobody needs), of equally short ones the first by name.
  [[nodiscard]] Way way_to(std::size_t node) const;

 private:
  struct Step {
    std::size_t before = 0;  ///< Itself at the start of a way.
    std::size_t first = 0;   ///< Where the way starts.
    std::size_t length = 1;  ///< Of the way, both ends included.
  };
  void find_ways();

  const DiffPlatform& platform_;
  std::unordered_map<std::string_view, std::size_t> nodes_;
  std::vector<std::vector<Edge>> needed_by_, constrained_by_;
  std::vector<std::optional<Step>> steps_;  ///< The last of the way to each package.
};

}  // namespace envlock
