#pragma once

#include <cstdint>
#include <string>

#include "model/package_info.hpp"

namespace envlock {

/// One member of a tar that is written.
struct TarItem {
  std::string path;  ///< Relative; of folders without a slash at the end.
  PathType type = PathType::file;
  bool executable = false;       ///< Of files: 0755, else 0644. Folders are 0755.
  std::uint64_t size_bytes = 0;  ///< Of files.
  std::int64_t mtime_s = 0;      ///< Seconds since 1970, not negative.
  std::string target = {};       ///< Of links.
};

/// The header blocks of a member: GNU's tar format, because every reader knows its long names and
/// sizes, busybox's too, which passes over PAX records in silence. Owner 0, no names of users.
/// @throws InternalError for a path or target with a NUL, or a negative time
std::string tar_item_header(const TarItem& item);

/// How many zeros follow a file of this size: data fills whole blocks.
std::size_t tar_padding(std::uint64_t size_bytes) noexcept;

/// What ends a tar: two blocks of zeros.
std::string tar_end();

}  // namespace envlock
