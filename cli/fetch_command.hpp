#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock fetch`: every package of a lock into the cache, or into a channel folder, verified.
Command fetch_command();

}  // namespace envlock
