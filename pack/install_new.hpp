#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/unique_fd.hpp"
#include "pack/byte_code.hpp"
#include "pack/install.hpp"
#include "pack/prefix_access.hpp"

// The parts of install_prefix.

namespace envlock {

/// Into an absent or empty prefix. Nothing where it cannot appear by a rename, because something is
/// mounted there, or the folder above is somebody else's: then it is changed in place, as an
/// existing one is.
std::optional<InstallResult> install_new(const TreePlan& plan, const InstallRequest& request,
                                         const std::stop_token& stop);

/// The difference, in place.
InstallResult install_in_place(const TreePlan& plan, const InstallRequest& request,
                               const std::stop_token& stop);

/// Compiles, and says what could not be. @return the paths that were made, sorted
std::vector<std::string> make_byte_code(const UniqueFd& tree, const std::string& tree_path,
                                        const TreePlan& plan, const std::vector<ByteCodeJob>& jobs,
                                        const InstallRequest& request, const std::stop_token& stop,
                                        std::vector<std::string>& notices);

}  // namespace envlock
