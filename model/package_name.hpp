#pragma once

#include <string_view>

namespace envlock {

/// Whether `name` has the form that CEP 26 gives package names, virtual ones among them; upper case
/// is taken for lower case, and length is not judged.
bool is_package_name(std::string_view name) noexcept;

}  // namespace envlock
