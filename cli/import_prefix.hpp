#pragma once

#include <string>
#include <vector>

#include "cli/adopt.hpp"
#include "cli/command.hpp"

namespace envlock {

/// What conda, mamba, pixi or envlock installed, by the records in conda-meta.
struct InstalledSource {
  Adopted adopted;
  std::vector<std::string> unowned;  ///< Paths that no package and nothing of pip's has, sorted.
};

/// Reads a prefix; nothing in it is executed. pip's packages are told as what cannot be locked.
/// @param platform  of its packages; nothing: what their records say, else this machine's
/// @throws IoError where it is no environment, InputError for records that cannot be read
InstalledSource read_installed(const std::string& prefix, const std::vector<Platform>& platforms,
                               Context& context);

}  // namespace envlock
