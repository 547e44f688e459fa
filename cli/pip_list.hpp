#pragma once

#include <filesystem>
#include <string>

#include "model/digest.hpp"
#include "model/environment.hpp"

namespace envlock {

/// Puts the lines of included files ("-r FILE", "-c FILE") in the place of the lines that include
/// them, relative to the file that does; those of constraints files get `constraint_mark`. A
/// selector of the including line holds for them all.
/// @param cwd  what the paths of `environment.files` are relative to
/// @throws InputError naming file and line for what a line cannot be, for files that include
/// themselves, and for those outside of the repository; IoError
void include_requirement_files(Environment& environment, const std::filesystem::path& cwd);

/// The digest that a lock holds of a project on disk: over "NAME SHA256\n" for each of
/// pyproject.toml, setup.cfg and setup.py that its folder has, in this order.
/// @throws InputError where the folder has none of them, IoError
Sha256 project_metadata_digest(const std::filesystem::path& folder, const std::string& shown);

}  // namespace envlock
