#pragma once

#include <string_view>

namespace envlock {

/// Whether `name` has the form that CEP 26 gives package names, virtual ones among them; upper case
/// is taken for lower case, and length is not judged.
bool is_package_name(std::string_view name) noexcept;

/// The name that a request or dependency is about, as written: "NumPy" of "conda-forge::NumPy >=1".
/// Cheap, for who looks at all dependencies of a lock and parses few of them; a glob or regular
/// expression comes out as whatever stands first.
std::string_view name_in_spec(std::string_view spec) noexcept;

}  // namespace envlock
