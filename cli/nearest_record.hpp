#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/match_spec.hpp"
#include "solver/solve.hpp"

namespace envlock {

/// The best record that `spec` matches, of the first channel that has one.
std::optional<PackageRecord> best_match(const MatchSpec& spec,
                                        const std::vector<SolverChannel>& channels);

/// What stands in best for a package that is gone: of the first channel that has the name, the
/// nearest version (the same, else the next one, else the last one before it), and of its builds
/// the one whose name begins most like `build`.
/// @param version  as written; empty or unreadable: the newest
std::optional<PackageRecord> nearest_record(const std::string& name, const std::string& version,
                                            const std::string& build,
                                            const std::vector<SolverChannel>& channels);

}  // namespace envlock
