#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock sign`: a detached signature in minisign's format.
Command sign_command();

}  // namespace envlock
