#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/project_file.hpp"
#include "model/lockfile.hpp"
#include "model/time.hpp"

namespace envlock {

/// What envlock.yml forbids of the packages of a lock on some platforms, one sentence each, sorted:
/// channels outside its list, denied packages, names that another channel owns, packages that are
/// too young or were locked unsigned. A lock may have been edited, or be older than the rules.
std::vector<std::string> policy_breaches(const Lockfile& lock, std::span<const Platform> platforms,
                                         const ProjectFile& project, Instant now);

/// @throws TrustError (6) with all breaches, where there is one
void require_policy(const Lockfile& lock, const std::string& lock_path,
                    std::span<const Platform> platforms, const ProjectFile& project, Instant now);

}  // namespace envlock
