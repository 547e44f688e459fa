#pragma once

#include <string>
#include <string_view>

#include "model/error.hpp"

namespace envlock {

// Paths that envlock.yml names. They are relative to its folder, so that the project means the same
// in every clone; "." and ".." parts are resolved.

/// Where relative channels are taken to lie while only their form is judged: so deep that no sane
/// one climbs to the root, which is no channel.
inline constexpr std::string_view form_base_dir =
    "/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-/-";

/// A file that is read: may lie beside the project ("../shared/environment.yml").
/// @throws InputError where it is absolute, or not a path
std::string require_input_path(std::string_view path, const SourcePlace& place);

/// A lock, which `solve` writes: inside the project's folder and named *.lock, so that a project
/// file from elsewhere cannot make envlock write over anything else.
/// @throws InputError
std::string require_lock_path(std::string_view path, const SourcePlace& place);

}  // namespace envlock
