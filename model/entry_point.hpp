#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/package_info.hpp"

namespace envlock {

/// The placeholder of files that the installer makes itself: then they are described as packaged
/// files are.
inline constexpr std::string_view generated_placeholder = "/opt/anaconda1anaconda2anaconda3";

/// `command = module:function`, each part by CF 8.4's rules: the text becomes code, so what does
/// not fit is refused, never escaped. Nothing where it does not fit.
std::optional<EntryPoint> parse_entry_point(std::string_view text);

/// The script bin/COMMAND as it would be packaged: with `#!generated_placeholder/bin/pythonX.Y`
/// first, whose replacement is a text relocation.
/// @param python  "3.11"
std::string entry_point_script(const EntryPoint& entry_point, std::string_view python);

/// "3.11" of "3.11.2" (and of "3.11.0rc1"); nothing where the version has no two numbers.
std::optional<std::string> python_major_minor(std::string_view version);

/// Where python keeps modules: the record's own statement (CEP 17) where it is inside the prefix,
/// else lib/pythonX.Y/site-packages. Empty where the version has no two numbers either.
std::string site_packages_of(std::string_view python_version,
                             std::string_view python_site_packages_path);

/// Where a path of a noarch:python package goes: site-packages/X below `site_packages`,
/// python-scripts/X below bin, everything else stays (CF 8.4).
std::string noarch_python_path(std::string_view path, std::string_view site_packages);

}  // namespace envlock
