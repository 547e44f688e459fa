#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "cli/clock.hpp"
#include "cli/console.hpp"
#include "cli/options.hpp"
#include "cli/settings.hpp"

namespace envlock {

/// What a command gets beside its own arguments. Lives as long as the command runs.
struct Context {
  std::string_view command;  ///< Its name, never an alias.
  Console& console;
  const Clock& clock;
  const Settings& settings;
  const EnvironmentLookup& environment;  ///< The process's environment variables.
  std::stop_token stop;                  ///< Ctrl-C: stop soon and throw Interrupted.
};

/// One subcommand: its table, and what it does.
struct Command {
  CommandTable table;
  /// @return the exit code; failures are thrown
  ExitCode (*run)(const ParsedArgs& args, Context& context);
};

/// Every command in the order in which help lists them. The one place where a command is
/// registered.
std::vector<Command> all_commands();

}  // namespace envlock
