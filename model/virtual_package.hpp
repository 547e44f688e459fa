#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/platform.hpp"

namespace envlock {

/// A fact about a target machine that packages may depend on: `__glibc 2.28 0` (CEP 30).
struct VirtualPackage {
  std::string name;     ///< Starts with two underscores.
  std::string version;  ///< A valid Version.
  std::string build = "0";
  [[nodiscard]] std::string to_string() const;  ///< "__glibc=2.28=0"
  friend bool operator==(const VirtualPackage&, const VirtualPackage&) = default;
  friend auto operator<=>(const VirtualPackage&, const VirtualPackage&) = default;
};

/// Reads `N=V` or `N=V=B`; the two underscores of N may be left out.
/// @throws InputError for another form, a name or build that CEP 26 does not allow, or a version
/// that is none
VirtualPackage parse_virtual_package(std::string_view text);

/// What is assumed of a platform where nobody says otherwise: a stated, documented baseline
/// (docs/environment.md), never this machine, and no `__cuda`. Sorted by name.
std::vector<VirtualPackage> default_virtual_packages(const Platform& platform);

/// Whether a virtual package can exist on a platform at all (`__osx` cannot on linux-64). Names
/// that are not known fit everywhere.
bool virtual_package_fits(std::string_view name, const Platform& platform);

/// One CONDA_OVERRIDE_* variable and the virtual package that it sets (CF 6.6).
struct OverrideVariable {
  std::string_view variable;
  std::string_view package;
};
std::span<const OverrideVariable> override_variables() noexcept;

/// What one override variable asks for: the package as `value`, or its absence.
struct OverrideChange {
  std::string name;
  std::optional<VirtualPackage> value;
};
/// Reads one override by CF 6.6: blank means absent (for `__linux`: version 0); of a kernel version
/// only the leading numbers count; `CONDA_OVERRIDE_ARCHSPEC` sets the build. Nothing where the
/// variable is none of `override_variables` or its package cannot exist on the platform.
/// @throws InputError where the value is no version (or no micro-architecture's name)
std::optional<OverrideChange> apply_override(std::string_view variable, std::string_view value,
                                             const Platform& platform);

/// `packages` with every change made, sorted by name. `__cuda_arch` goes where there is no `__cuda`
/// (CEP 46).
std::vector<VirtualPackage> with_overrides(std::vector<VirtualPackage> packages,
                                           std::span<const OverrideChange> changes);

}  // namespace envlock
