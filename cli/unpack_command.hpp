#pragma once

#include "cli/command.hpp"

namespace envlock {

Command unpack_command();

}  // namespace envlock
