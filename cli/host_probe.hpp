#pragma once

#include <filesystem>
#include <vector>

#include "model/virtual_package.hpp"
#include "pack/host_probe.hpp"

namespace envlock {

/// The virtual packages of this machine (CF 6.6), sorted by name.
/// @param root  where files are looked for: "/", or a folder in tests
std::vector<VirtualPackage> probe_host(const HostFacts& facts, const std::filesystem::path& root);

}  // namespace envlock
