#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock search`: every record that a MatchSpec matches (design section 3).
Command search_command();

}  // namespace envlock
