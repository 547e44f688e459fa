#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/package_info.hpp"

// What must be known of a package before all of its info/ has come.

namespace envlock {

/// Whether a package's own index.json says that it is for one platform; nothing where it cannot be
/// read, which `read_package_info` says.
std::optional<bool> is_for_one_platform(std::string_view index_json);

/// Holds a link.json that `read_package_info` did not get against what it would have had to say.
/// @throws TrustError (6) as that function does
void require_sound_link(std::string_view link_json, const PackageIndex& index,
                        const std::string& package);

}  // namespace envlock
