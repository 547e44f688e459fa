#pragma once

#include "cli/command.hpp"

namespace envlock {

Command pack_command();

}  // namespace envlock
