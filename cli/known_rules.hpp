#pragma once

#include <span>
#include <string_view>

#include "verify/finding.hpp"

namespace envlock {

/// The rules of `verify`, its audit and `diff`: a policy in envlock.yml may speak of any of them,
/// whichever command reads it.
std::span<const Rule> known_rules();

/// "EL203" of "EL203-0123456789ab".
std::string_view rule_of_id(std::string_view finding_id) noexcept;

}  // namespace envlock
