#pragma once

#include <string_view>

namespace envlock {

/// Asks pip as if it ran on the machine that the JSON file of its first argument describes. Its
/// exit status is pip's, or 97 where this pip does not have the parts that this takes.
extern const std::string_view pip_script;
inline constexpr int pip_unknown_status = 97;

/// Writes the `[project]` table of a pyproject.toml as JSON; exit status 98 for what is no TOML.
extern const std::string_view toml_script;
inline constexpr int toml_broken_status = 98;

}  // namespace envlock
