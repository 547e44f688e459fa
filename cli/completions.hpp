#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace envlock {

// Completion scripts from the option tables, for the place where each shell looks for them.

std::string bash_completion(std::span<const Command> commands);
std::string zsh_completion(std::span<const Command> commands);
std::string fish_completion(std::span<const Command> commands);

}  // namespace envlock
