#pragma once

#include "cli/command.hpp"

namespace envlock {

/// `envlock import FILE|PREFIX`: what other tools locked, exported, installed or were told.
Command import_command();

}  // namespace envlock
