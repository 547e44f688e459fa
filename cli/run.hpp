#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/settings.hpp"
#include "cli/sink.hpp"

namespace envlock {

/// All that a run sees of the outside, so that a test can be the outside.
struct Streams {
  OutputSink& out;
  OutputSink& err;
  bool out_is_tty = false;
  bool err_is_tty = false;
  std::size_t width = 80;  ///< Columns of the terminal.
  EnvironmentLookup environment;
};

/// Runs one command line (without the program's name) and returns the exit status. The one place
/// where errors are caught: each becomes a message, or the JSON document, and an exit code. Throws
/// nothing.
int run(std::span<const std::string> args, Streams& streams, std::stop_token stop) noexcept;

/// The same over commands of a test's own.
int run(std::span<const Command> commands, std::span<const std::string> args, Streams& streams,
        std::stop_token stop) noexcept;

}  // namespace envlock
