#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock keygen`: a new key pair in minisign's format.
Command keygen_command();

}  // namespace envlock
