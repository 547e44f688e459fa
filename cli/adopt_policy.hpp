#pragma once

#include "cli/project_file.hpp"
#include "cli/solve_ask.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// What envlock.yml denies to the solver it denies to an adopted lock: packages under `denied`,
/// names that another channel `owns`, packages younger than their channel's `minimum_age`.
/// @param ask  with the channels of the lock
/// @throws TrustError naming all of them
void require_allowed(const Lockfile& lock, const SolveAsk& ask,
                     const std::optional<ProjectFile>& project);

}  // namespace envlock
