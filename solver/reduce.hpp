#pragma once

#include <vector>

#include "solver/order.hpp"
#include "solver/problem.hpp"
#include "solver/prune.hpp"

namespace envlock {

/// What libsolv is given: a problem with the same best solution, but fewer candidates and rules.
struct Reduced {
  Ranking ranking;  ///< Of the candidates that are left.
  /// For each set another one with the same live members, the same for all such; no_id where every
  /// live candidate of the name is in it.
  std::vector<SetId> same_as;
  std::vector<char> required;  ///< By name: in every solution.

  /// Whether a candidate that needs this set still has to say so.
  [[nodiscard]] bool asks_nothing(const LoadedProblem& problem, SetId set) const {
    return same_as[set] == no_id && required[problem.sets[set].name] != 0;
  }
};

/// Of candidates of one name that ask the same of others and that the same dependencies accept,
/// only the best can be in a best solution: drops the rest from `pruned.live`. Keeps what
/// SolveQuestion::prefer wants kept.
Reduced reduce(const LoadedProblem& problem, Pruned& pruned, Ranking ranking);

}  // namespace envlock
