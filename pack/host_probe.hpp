#pragma once

#include <filesystem>
#include <string>

#include "model/host_description.hpp"

namespace envlock {

/// What the running kernel and processor say by themselves; the rest is read from files.
struct HostFacts {
  std::string kernel_release;  ///< uname's release: "6.1.0-18-amd64".
  std::string machine;         ///< uname's machine: "x86_64".
  unsigned x86_64_level = 0;   ///< 1 to 4 (the psABI's levels); 0: no x86-64.
};

/// Asks the kernel and the processor.
HostFacts read_host_facts();

/// What this machine is, without its target. Runs no program and loads nothing, so that a static
/// program finds the same: glibc's version stands in the libc.so.6 that programs get, the driver's
/// in its kernel module's file below /proc or in the name of its library. No file tells the compute
/// capability. Environment variables are not looked at (with_host_overrides does).
/// @param root  where files are looked for: "/", or a folder in tests
HostDescription describe_host(const HostFacts& facts, const std::filesystem::path& root);

/// What the file system says of a folder that need not exist yet: then the nearest one above it
/// counts. Where nothing else tells upper from lower case, a file is made there for a moment.
/// @param folder  absolute
/// @throws IoError where the file system does not answer
HostTarget describe_target(const std::filesystem::path& folder);

}  // namespace envlock
