#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock solve` (alias `lock`): from environment files to a lockfile (design sections 3 and 4).
Command solve_command();

}  // namespace envlock
