#pragma once

#include <optional>
#include <span>
#include <string>

#include "cli/command.hpp"
#include "cli/options.hpp"

namespace envlock {

enum class HelpWanted : std::uint8_t { none, brief, full };

/// A command line that has the right form; what its values mean is judged later.
struct CommandLine {
  const Command* command = nullptr;  ///< Nothing: none was named.
  ParsedArgs args;
  HelpWanted help = HelpWanted::none;
  bool version = false;
};

/// Reads a command line (without the program's name) by the tables of `commands`.
/// @throws UsageError (exit 2) naming the nearest option or command
CommandLine parse_command_line(std::span<const Command> commands,
                               std::span<const std::string> args);

/// Whether `--json` or `--format json` is there, decided before anything is parsed, so that a wrong
/// command line answers in JSON too.
bool asks_for_json(std::span<const std::string> args) noexcept;

/// The table of `envlock` itself: what holds without a command.
const CommandTable& program_table();

}  // namespace envlock
