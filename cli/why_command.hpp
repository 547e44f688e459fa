#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock why NAME [LOCK]`: how a package came into a lock.
Command why_command();

}  // namespace envlock
