#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock cache info|verify|clean`: what is in the cache, is it right, and what may go.
Command cache_command();

}  // namespace envlock
