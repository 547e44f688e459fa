#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock host`: describes this machine.
Command host_command();

/// `envlock host-script`: a script that does so without envlock.
Command host_script_command();

}  // namespace envlock
