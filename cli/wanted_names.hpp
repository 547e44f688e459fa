#pragma once

#include <vector>

#include "cli/solve_ask.hpp"
#include "fetch/repodata.hpp"

namespace envlock {

/// What solving needs: the requests' names, and all that these depend on.
WantedNames names_to_solve(const SolveAsk& ask);

/// The locked packages' names alone: to look each of them up.
WantedNames names_in_lock(const Lockfile& lock);

/// Those that a MatchSpec may mean: its name, or what its glob or regular expression matches.
WantedNames names_to_search(const std::string& spec);

}  // namespace envlock
