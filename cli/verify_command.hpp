#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock verify`: a prefix is what its baseline says.
Command verify_command();

}  // namespace envlock
