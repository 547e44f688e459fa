#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock list`: the packages of a prefix, by its own records.
Command list_command();

}  // namespace envlock
