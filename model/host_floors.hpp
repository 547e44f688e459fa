#pragma once

#include <string_view>

#include "model/host_requirements.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// What the packages of a lock ask of a machine: platform, kernel, glibc, processor and CUDA.
/// Sizes, paths and symbol versions are of files, and whoever reads those adds them.
HostRequirements host_floors(const Platform& platform, const LockPlatform& locked);

/// The lowest version that `spec` (a MatchSpec's text) accepts, as far as it states one; nothing
/// where it accepts any.
std::optional<NumberVersion> version_floor(std::string_view spec);

}  // namespace envlock
