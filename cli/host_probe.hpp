#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/platform.hpp"
#include "model/virtual_package.hpp"

namespace envlock {

/// What the running kernel and processor say by themselves; the rest is read from files.
struct HostFacts {
  std::string kernel_release;  ///< uname's release: "6.1.0-18-amd64".
  std::string machine;         ///< uname's machine: "x86_64".
  unsigned x86_64_level = 0;   ///< 1 to 4 (the psABI's levels); 0: no x86-64.
  std::string libc_version;    ///< glibc's version, or empty where another libc runs us.
};

/// Asks the kernel, the processor and the C library. Runs no program and loads nothing.
HostFacts read_host_facts();

/// The virtual packages of this machine (CF 6.6), sorted by name: `__unix`, `__linux`, `__glibc`,
/// `__archspec` and, with an NVIDIA driver, `__cuda`. `__archspec` names the generic x86-64 level.
/// @param root  where the driver's files are looked for: "/", or a folder in tests
std::vector<VirtualPackage> probe_host(const HostFacts& facts, const std::filesystem::path& root);

/// The newest CUDA version that an NVIDIA driver ("535.104.05") serves, by the table of NVIDIA's
/// CUDA release notes; nothing for a driver older than all of them.
std::optional<std::string> cuda_of_driver(std::string_view driver_version);

}  // namespace envlock
