#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/project_file.hpp"
#include "fetch/package_fetch.hpp"
#include "model/lockfile.hpp"

namespace envlock {

/// Some platforms of a lock.
struct LockPart {
  const Lockfile* lock;
  std::vector<Platform> platforms;
  std::string lock_dir;  ///< Absolute: where the relative URLs of wheels count from.
};

/// A package of one or several platforms (noarch) of one or several locks, each once.
struct WantedRecord {
  const LockedPackage* package;  ///< Of a lock that outlives this, or `wheel`.
  PackageRequest request;
  std::shared_ptr<const LockedPackage> wheel = {};  ///< What stands for one of a `pypi` list.
};

/// Everything that some platforms of some locks need, each package once, sorted by subdir and file
/// name, wheels under the subdir "pypi". Sources are the channel's mirrors of envlock.yml, then the
/// lock's own URL; of wheels that alone. What a `pypi` list has besides wheels is left out.
/// @throws what pypi_parts throws
std::vector<WantedRecord> wanted_records(std::span<const LockPart> locks,
                                         const std::optional<ProjectFile>& project);

}  // namespace envlock
