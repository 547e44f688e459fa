#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock tree [LOCK]`: what needs what inside a lock.
Command tree_command();

}  // namespace envlock
