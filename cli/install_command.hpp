#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock install`: a lock becomes an environment.
Command install_command();

}  // namespace envlock
