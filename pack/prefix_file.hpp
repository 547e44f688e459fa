#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "model/unique_fd.hpp"

// Small files and folders of a prefix, below an open folder and without following a link.

namespace envlock {

struct PathParts {
  std::string folder;  ///< "." where there is none.
  std::string name;
};
PathParts split_path(const std::string& path);

/// Opens a folder, making it and those above it (0755) where they are missing.
/// @return no descriptor where that fails: errno says why
UniqueFd make_folder_beneath(int root_fd, const std::string& path);

/// A regular file's bytes, up to 1 GiB; nothing where there is none.
/// @param shown  the folder's path, for messages
/// @throws IoError
std::optional<std::string> read_prefix_file(int root_fd, const std::string& path,
                                            const std::string& shown);

/// Writes beside, syncs and renames. @throws IoError
void replace_prefix_file(int root_fd, const std::string& path, std::string_view text,
                         const std::string& shown);

}  // namespace envlock
