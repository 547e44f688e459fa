#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock export [LOCK] --format F`: a lock in the words of other tools.
Command export_command();

}  // namespace envlock
