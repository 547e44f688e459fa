#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/unique_fd.hpp"

namespace envlock {

/// What a prefix still lacks once its files are in their places. It lies in the prefix from the
/// moment in which they are until all is done, so that the next run takes up what a kill or a
/// script that failed left.
struct PendingWork {
  // Packages, as "name-version-build".
  std::vector<std::string> byte_code;     ///< Whose sources are to be compiled.
  std::vector<std::string> link_scripts;  ///< Whose scripts have their turn.
  [[nodiscard]] bool empty() const noexcept { return byte_code.empty() && link_scripts.empty(); }
  friend bool operator==(const PendingWork&, const PendingWork&) = default;
};

std::string write_pending(const PendingWork& pending);
/// @throws InputError (3)
PendingWork read_pending(std::string_view json, const std::string& file);

/// What lies in a prefix; empty where nothing does. @throws InputError, IoError
PendingWork find_pending(const UniqueFd& prefix, const std::string& shown);

/// Writes it, or removes it where it is empty. @throws IoError
void keep_pending(const UniqueFd& prefix, const PendingWork& pending, const std::string& shown);

}  // namespace envlock
