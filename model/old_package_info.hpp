#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/package_info.hpp"

namespace envlock {

/// Of one package (A25).
inline constexpr std::size_t max_package_paths = 5'000'000;
std::string too_many_paths(std::size_t found);  ///< The message.

/// The paths of a package from before paths.json: info/files, one path a line, info/has_prefix and
/// info/no_link (CF 7.5). Of each only path and placeholder are known; in the order of info/files.
/// @throws InputError (3) naming the line: also for a path that these two name and info/files does
///         not, which would be installed with its placeholder
std::vector<PackagePath> read_old_package_paths(const PackageInfoFiles& files);

/// Why this text cannot be a placeholder (A26): empty, relative, only a root, or with a control
/// character. Windows packages have "C:/...".
std::optional<std::string> placeholder_fault(std::string_view placeholder);

}  // namespace envlock
