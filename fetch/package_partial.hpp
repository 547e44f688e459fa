#pragma once

// Private to fetch/.

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "fetch/package_folder.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

/// The partial file of a download, for its one writer.
struct OpenPartial {
  UniqueFd fd;
  std::string name;
  bool is_ours_alone = false;  ///< No lock could be had: a name that nobody else uses.
  bool is_new = false;         ///< Made by this call.
};

/// Opens the partial of `package` and locks it (flock). The file is its own lock: it vanishes with
/// the rename that ends the download, so that a finished package leaves no lock file behind.
/// Waits while another process or thread holds it.
/// @param stall_patience  how long the other may make no headway
/// @return nothing where the other finished or gave up meanwhile: look again
/// @throws IoError, Interrupted
std::optional<OpenPartial> open_partial(const PackageFolder& folder, const std::string& package,
                                        std::chrono::milliseconds stall_patience,
                                        const std::stop_token& stop);

/// Removes a partial and what is beside it, unless somebody writes to it (where locks do not work:
/// unless it was written to within the hour).
/// @return false where somebody does
/// @throws IoError
bool remove_partial(const PackageFolder& folder, const std::string& name);

}  // namespace envlock
