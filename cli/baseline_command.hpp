#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock baseline`: what every file of an environment must be.
Command baseline_command();

}  // namespace envlock
