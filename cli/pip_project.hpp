#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/pip_stage.hpp"
#include "model/pip_line.hpp"

namespace envlock {

/// A Python project on disk, by what its pyproject.toml says: nothing of it is run.
struct LocalProject {
  std::string name, version;
  std::vector<std::string> dependencies;  ///< Those of its extras that were asked for included.
};

/// The version of projects whose build makes it up.
inline constexpr const char* dynamic_version = "0+dynamic";

/// @param json  the `[project]` table
/// @param extras  normalised
/// @param python  the version that it must be for
/// @throws InputError where it does not tell all of this
LocalProject read_local_project(std::string_view json, const std::string& shown,
                                const std::vector<std::string>& extras, const std::string& python);

}  // namespace envlock
