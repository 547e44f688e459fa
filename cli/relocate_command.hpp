#pragma once

#include "cli/command.hpp"

namespace envlock {

Command relocate_command();

}  // namespace envlock
