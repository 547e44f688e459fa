#pragma once

#include <span>
#include <string_view>

namespace envlock {

struct LibraryVersion {
  std::string_view name;
  std::string_view version;
};

/// The version of envlock: "0.1.0".
std::string_view program_version() noexcept;
/// The libraries that this program was built with.
std::span<const LibraryVersion> library_versions() noexcept;

}  // namespace envlock
