#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/host_description.hpp"
#include "model/host_requirements.hpp"

namespace envlock {

/// Where the host's description comes from, and which misfits the user takes upon himself.
struct PreflightRequest {
  std::string prefix;  ///< Where the environment shall lie; absolute.
  /// Another machine (a login node has no GPU); nothing: this one. Where it has a target, that must
  /// have the room, too: free bytes and inodes, paths, programs and case.
  std::optional<HostDescription> host = {};
  std::vector<MisfitClass> forced = {};
  /// It lies there already: no room is needed for it, nor the right to make it.
  bool in_place = false;
  bool is_check = false;  ///< Nothing is to be written anyway.
  /// Name and value of the CONDA_OVERRIDE_* variables that are set.
  std::vector<std::pair<std::string, std::string>> overrides = {};
};

/// Holds what an environment needs against a machine, before a byte is written.
/// @return what the user should know all the same, one line each
/// @throws Error (8) naming all that does not fit, with what is needed, what is there and the next
///         step; InputError, IoError for the host file
std::vector<std::string> preflight(const HostRequirements& needs, const PreflightRequest& request);

/// What a user should know where variables stand for what was found, one line each.
std::vector<std::string> told_overrides(
    const std::vector<std::pair<std::string, std::string>>& overrides);

/// Reads host.json. @throws IoError, InputError
HostDescription read_host_file(const std::string& path);

/// The same without failing, for reports.
HostVerdict preflight_verdict(const HostRequirements& needs, const PreflightRequest& request);

}  // namespace envlock
