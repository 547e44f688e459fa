#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock trust ACTION`. Each action has a file of its own; the table below lists them.
Command trust_command();

}  // namespace envlock
