#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// What identifies the state of a file without reading it: any write to the file changes it, so an
/// equal seal kept in the private cache spares hashing again (design section 5).
struct FileSeal {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;

  static FileSeal of(const struct stat& status) noexcept;
  /// Five decimal numbers, separated by single spaces.
  [[nodiscard]] std::string to_string() const;
  static std::optional<FileSeal> parse(std::string_view text) noexcept;
  friend bool operator==(const FileSeal&, const FileSeal&) = default;
};

}  // namespace envlock
