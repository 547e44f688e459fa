#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock diff`.
Command diff_command();

}  // namespace envlock
