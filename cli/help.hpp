#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace envlock {

/// The help of a command, for 80 columns: `-h` fits one screen, `--help` says everything, with
/// examples and exit status.
std::string brief_help(const CommandTable& table);
std::string full_help(const CommandTable& table);

/// The help of `envlock` itself, with the list of commands.
std::string brief_program_help(std::span<const Command> commands);
std::string full_program_help(std::span<const Command> commands);

/// "envlock solve [OPTIONS] [ENVIRONMENT.yml]..."
std::string usage_line(const CommandTable& table);

/// "-o, --output FILE", with room for the letter where there is none.
std::string option_syntax(const Option& option);

/// All that the table says about an option: help, further sentences, choices, default.
std::string option_text(const Option& option);

}  // namespace envlock
