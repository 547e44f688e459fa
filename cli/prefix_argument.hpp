#pragma once

#include <optional>
#include <string>

#include "cli/options.hpp"
#include "cli/settings.hpp"
#include "pack/install.hpp"

namespace envlock {

/// `-p, --prefix DIR`, as in conda.
Option prefix_option(std::string_view help);

/// The prefix that `--prefix` names: absolute, its parents' links resolved.
/// @throws UsageError where it is missing, is the root, or has a character that no path of an
///         environment may have (a control character, or ':', which separates the parts of PATH)
std::string require_prefix(const ParsedArgs& args);

/// The same for a path given in another way.
std::string absolute_prefix(const std::string& given);

/// The folder of an environment that is there already: where `given` is a link to it, what it is a
/// link to, for that is the path that its files name. @throws as absolute_prefix
std::string resolved_prefix(const std::string& given);

/// `--private`, `--shared`, `--group G`; else default_access.
/// @throws UsageError for two of them or an unknown group
ChosenAccess choose_access(const ParsedArgs& args, const std::string& prefix,
                           const EnvironmentLookup& environment);

}  // namespace envlock
