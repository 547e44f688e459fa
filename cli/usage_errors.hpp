#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"
#include "cli/options.hpp"
#include "model/error.hpp"

namespace envlock {

// What is said about a command line that does not fit the tables: the fault, and the nearest thing
// that would.

UsageError unknown_command(std::span<const Command> commands, const std::string& word);
/// @param table  of the command on the line, or of the program
UsageError unknown_option(std::span<const Command> commands, const CommandTable& table,
                          const std::string& word);
UsageError unexpected_argument(const CommandTable& table, const std::string& word);
UsageError missing_argument(const CommandTable& table, const Positional& argument);
/// A value where the option takes none, or none where it takes one.
UsageError wrong_value_count(const Option& option);
UsageError wrong_choice(const Option& option, const std::string& value);
UsageError wrong_choice(const Positional& argument, const std::string& value);

/// "envlock solve --help"
std::string help_command(const CommandTable& table);

}  // namespace envlock
