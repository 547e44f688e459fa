#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "model/unique_fd.hpp"

namespace envlock {

/// Who may enter a prefix: the mode of its folder. What is inside is readable for whoever may.
struct PrefixAccess {
  mode_t mode = 0700;
  std::optional<gid_t> group;  ///< The folder's group, for 0750.
};

/// @param shown  its path, for messages
/// @throws IoError
void set_access(const UniqueFd& folder, const PrefixAccess& access, const std::string& shown);

}  // namespace envlock
