#pragma once

#include <string>
#include <string_view>

#include "cli/import_output.hpp"

namespace envlock {

/// A `.condarc` as an envlock.yml, with what is not carried over as comments and in the summary.
/// @throws InputError as read_condarc
Imported imported_condarc(std::string_view text, const std::string& file);

}  // namespace envlock
