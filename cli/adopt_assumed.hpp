#pragma once

#include <string>
#include <vector>

#include "model/package_record.hpp"
#include "model/platform.hpp"
#include "model/virtual_package.hpp"

namespace envlock {

/// Raises the assumed virtual packages of a platform to what the packages need, so far as they
/// state a least version or one build: an environment that exists ran on a machine that had it.
/// @return a sentence for each change
std::vector<std::string> raise_assumed(const std::vector<PackageRecord>& records,
                                       const Platform& platform,
                                       std::vector<VirtualPackage>& assumed);

}  // namespace envlock
