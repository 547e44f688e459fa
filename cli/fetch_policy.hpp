#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/project_file.hpp"
#include "model/lockfile.hpp"
#include "model/time.hpp"

namespace envlock {

/// What envlock.yml forbids of the packages of a lock on some platforms, one sentence each, sorted:
/// channels outside its list, denied packages, names that another channel owns, packages that are
/// too young or were locked unsigned, and what WheelPolicy says of those of PyPI. A lock may have
/// been edited, or be older than the rules.
std::vector<std::string> policy_breaches(const Lockfile& lock, std::span<const Platform> platforms,
                                         const ProjectFile& project, Instant now);

/// Notes what the rules cannot say.
/// @throws TrustError (6) with all breaches, where there is one
void require_policy(const Lockfile& lock, const std::string& lock_path,
                    std::span<const Platform> platforms, const ProjectFile& project,
                    Context& context);

}  // namespace envlock
