#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace envlock {

/// The manual page of a command (section 1, man(7) macros), from its table. No date in it: the same
/// tables give the same bytes.
std::string man_page(const CommandTable& table);

/// The manual page of `envlock` itself.
std::string program_man_page(std::span<const Command> commands);

}  // namespace envlock
