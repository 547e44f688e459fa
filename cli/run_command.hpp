#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock run`: a command inside of an environment.
Command run_command();

}  // namespace envlock
