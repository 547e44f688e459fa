#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "solver/problem.hpp"

namespace envlock {

/// What would help against a conflict, each of it tried: "with pandas 2.0.3 instead of 'pandas >=3'
/// there is a solution", or "without 'pandas' there is a solution". A few solves.
/// @param conflict  places in LoadedProblem::requests of a smallest conflict
std::vector<std::string> ways_out(const LoadedProblem& problem,
                                  const std::vector<std::uint32_t>& conflict);

}  // namespace envlock
