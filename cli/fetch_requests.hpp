#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "cli/project_file.hpp"
#include "fetch/package_fetch.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// A package of one or several platforms (noarch) of one or several locks, each once.
struct WantedRecord {
  const LockedPackage* package;  ///< Of a lock that outlives this.
  PackageRequest request;
};

/// Everything that some platforms of some locks need, each package once, sorted by subdir and file
/// name. Sources are the channel's mirrors of envlock.yml, then the lock's own URL.
std::vector<WantedRecord> wanted_records(
    std::span<const std::pair<const Lockfile*, std::vector<Platform>>> locks,
    const std::optional<ProjectFile>& project);

}  // namespace envlock
