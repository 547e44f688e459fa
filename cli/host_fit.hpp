#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/lockfile.hpp"
#include "model/virtual_package.hpp"

namespace envlock {

/// What the packages of a platform ask of a machine, and it does not have.
struct HostFit {
  std::vector<std::string> unfit;     ///< Nothing will run: libc, kernel, processor. Sorted.
  std::vector<std::string> warnings;  ///< `__cuda`: containers are made without a GPU. Sorted.
};

/// Holds every dependency and constraint on a virtual package against the machine's.
HostFit host_fit(const LockPlatform& locked, std::span<const VirtualPackage> host);

}  // namespace envlock
