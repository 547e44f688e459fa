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

/// A prefix's mode and why it is so.
struct ChosenAccess {
  PrefixAccess access;
  std::string reason;  ///< "private (0700)"
};

ChosenAccess private_access();
ChosenAccess shared_access();
/// Private, and shared where root installs outside of its home.
/// @param prefix  absolute, the links of its parents resolved
/// @param home    empty: none
ChosenAccess default_access(const std::string& prefix, const std::string& home);

/// @param shown  its path, for messages
/// @throws IoError
void set_access(const UniqueFd& folder, const PrefixAccess& access, const std::string& shown);

}  // namespace envlock
