#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock accept`: an exception from what verify finds, in envlock.yml.
Command accept_command();

}  // namespace envlock
