#pragma once

#include "cli/command.hpp"

namespace envlock {

Command git_setup_command();

}  // namespace envlock
