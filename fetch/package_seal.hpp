#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "fetch/file_seal.hpp"

namespace envlock {

/// Says that a package file had the sha256 of its name when it was in this state. Kept in the
/// private cache only; where it is missing, odd or of another state, the file is hashed again.
///
/// Packages are not synced to the disk one by one: for an environment of many small packages that
/// would cost more than the download. A kill cannot tear them (the system still has every byte), a
/// crash of the machine can. So a seal holds for the boot in which it was written, and a file that
/// comes through a later boot is hashed once more, from the disk; from then on its seal is durable.
struct PackageSeal {
  FileSeal file;
  std::string boot;  ///< The system's boot id; empty: holds after any boot.

  /// Three lines, see docs/cache.md.
  [[nodiscard]] std::string to_string() const;
  /// Nothing where `text` is not exactly what to_string writes.
  static std::optional<PackageSeal> parse(std::string_view text);
  /// @param boot  this boot's id
  [[nodiscard]] bool holds(const FileSeal& now, std::string_view this_boot) const noexcept;
  friend bool operator==(const PackageSeal&, const PackageSeal&) = default;
};

inline constexpr std::size_t max_package_seal_bytes = 256;

/// The id that the system gave this boot; empty where it does not say. Any text that is not one
/// counts as none.
std::string this_boot_id();
bool is_boot_id(std::string_view text) noexcept;

}  // namespace envlock
