#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/lockfile.hpp"

namespace envlock {

/// What a lock's `pypi` list has for one platform, by what can be done with it.
struct PypiParts {
  std::vector<LockedPackage> wheels;      ///< As packages of the subdir "pypi".
  std::vector<const LockedPypi*> others;  ///< Source archives, and what is no wheel by its name.
  std::vector<const LockedPypi*> local;   ///< Local projects.
};

/// @param lock_dir  absolute: where relative URLs count from. The pointers are into `content`
/// @throws InputError (3) where a wheel's name and the lock's name or version contradict each other
PypiParts pypi_parts(const LockPlatform& content, const std::string& lock_dir);

/// What PEP 610 has an installer write down: the URL where `pip:` asks for it by URL, else empty. A
/// file of this machine's is never told.
std::string direct_url_of(const Lockfile& lock, const PackageRecord& wheel);

/// The fault of wheels that do not fit the platform of the lock; nothing where all do.
/// @throws Error (8) naming each wheel, its tags and the environment; where the lock has no python,
///         or is for a system where wheels lie in other folders
void require_wheels_fit(std::span<const LockedPackage> wheels, const Platform& platform,
                        const LockPlatform& content, const std::string& lock_path);

/// "'one 1.0', 'two 2.0' and 3 more"
std::string name_list(std::span<const LockedPypi* const> packages);

}  // namespace envlock
