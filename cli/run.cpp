#include "cli/run.hpp"

#include <exception>
#include <filesystem>
#include <new>
#include <optional>

#include "cli/exit_codes.hpp"
#include "cli/explanation.hpp"
#include "cli/help.hpp"
#include "cli/json_output.hpp"
#include "cli/parser.hpp"
#include "cli/sink.hpp"
#include "cli/usage_errors.hpp"
#include "cli/version.hpp"
#include "fetch/credential_files.hpp"

namespace envlock {
namespace {

bool colour_for(std::string_view when, bool is_tty, const EnvironmentLookup& environment) {
  if (when == "always") return true;
  if (when == "never") return false;
  const std::optional<std::string> no_colour = environment("NO_COLOR");
  if (no_colour && !no_colour->empty()) return false;
  return is_tty && environment("TERM").value_or("dumb") != "dumb";
}

ConsoleSettings console_settings(const Streams& streams, std::string_view when) {
  return {.colour_out = colour_for(when, streams.out_is_tty, streams.environment),
          .colour_err = colour_for(when, streams.err_is_tty, streams.environment),
          .out_is_tty = streams.out_is_tty,
          .width = streams.width};
}

/// What a process ends with where `command` fails by `code`.
ExitCode exit_of(const Command* command, ExitCode code) {
  return command != nullptr && command->table.takes_a_command ? own_failure : code;
}

/// Whatever was thrown, as an Error whose message is ours.
void report(Console& console, bool json, const Command* command, const Error& error) {
  // Who closed the pipe has read enough.
  if (dynamic_cast<const ClosedPipe*>(&error) != nullptr) return;
  if (json) {
    print_json_error(console, command == nullptr ? "" : command->table.name, error,
                     exit_of(command, error.exit_code()));
    return;
  }
  if (const auto* unsolvable = dynamic_cast<const UnsolvableError*>(&error)) {
    console.error(error.what());  // the explanation ends with the hints
    print_explanation(console, unsolvable->explanation);
    return;
  }
  console.error(error.what(), error.hint());
}

template <class Report>
ExitCode report_current(const Report& report_error) {
  try {
    throw;
  } catch (const Error& error) {
    report_error(error);
    return error.exit_code();
  } catch (const std::filesystem::filesystem_error& error) {
    const std::string path = error.path1().empty() ? "a file" : "'" + error.path1().string() + "'";
    report_error(IoError("cannot work on " + path + ": " + error.code().message()));
    return ExitCode::io;
  } catch (const std::bad_alloc&) {
    report_error(Error(ExitCode::internal, "out of memory"));
  } catch (const std::exception& error) {
    InternalError defect("an unexpected failure inside envlock");
    defect.add_detail("what", error.what());
    report_error(defect);
  } catch (...) {
    report_error(InternalError("an unexpected failure inside envlock"));
  }
  return ExitCode::internal;
}

ExitCode print_help(Console& console, std::span<const Command> commands, const CommandLine& line,
                    bool json) {
  const bool full = line.help == HelpWanted::full;
  std::string text;
  if (line.command != nullptr) {
    text = full ? full_help(line.command->table) : brief_help(line.command->table);
  } else {
    text = full ? full_program_help(commands) : brief_program_help(commands);
  }
  if (json) {
    const std::string_view name = line.command == nullptr ? "" : line.command->table.name;
    return print_json_result(console, name, ExitCode::ok,
                             [&](JsonWriter& out) { out.member("help", text); });
  }
  console.out_document(text);
  return ExitCode::ok;
}

ExitCode print_version(Console& console, const ParsedArgs& args, bool json) {
  if (json) {
    return print_json_result(console, "", ExitCode::ok, [](JsonWriter& out) {
      out.member("version", program_version());
      out.key("libraries").begin_object();
      for (const auto& [name, version] : library_versions()) out.member(name, version);
      out.end_object();
    });
  }
  console.out("envlock " + std::string(program_version()));
  if (args.has("verbose")) {
    for (const auto& [name, version] : library_versions()) {
      console.out("  built with " + std::string(name) + ' ' + std::string(version));
    }
  }
  return ExitCode::ok;
}

ExitCode run_line(Console& console, std::span<const Command> commands, const CommandLine& line,
                  const Streams& streams, bool json, std::stop_token stop) {
  if (line.help != HelpWanted::none) return print_help(console, commands, line, json);
  if (line.version) return print_version(console, line.args, json);
  if (line.command == nullptr) {
    throw UsageError("no command is given", "'envlock -h' lists the commands");
  }
  ConsoleSettings shown = console_settings(streams, line.args.value("color", "auto"));
  const Settings settings = read_settings(line.command->table, line.args);
  if (settings.credential_fd) keep_from_children(*settings.credential_fd);
  shown.quiet = settings.quiet;
  shown.verbosity = settings.verbosity;
  shown.progress = streams.err_is_tty && streams.environment("TERM").value_or("dumb") != "dumb" &&
                   !settings.quiet && !settings.json && settings.verbosity == 0;
  console.configure(shown);
  const Clock clock(line.args, streams.environment);
  Context context{.command = line.command->table.name,
                  .console = console,
                  .clock = clock,
                  .settings = settings,
                  .environment = streams.environment,
                  .stop = std::move(stop)};
  return line.command->run(line.args, context);
}

/// The command that a line means though it cannot be parsed; null where none is seen.
const Command* guess_command(std::span<const Command> commands, std::span<const std::string> args) {
  for (const std::string& word : args) {
    for (const Command& command : commands) {
      if (word == command.table.name) return &command;
    }
  }
  return nullptr;
}

}  // namespace

int run(std::span<const Command> commands, std::span<const std::string> args, Streams& streams,
        std::stop_token stop) noexcept {
  ExitCode code = ExitCode::internal;
  try {
    Console console(streams.out, streams.err, console_settings(streams, "auto"));
    bool json = asks_for_json(args);
    const Command* command = guess_command(commands, args);
    try {
      const CommandLine line = parse_command_line(commands, args);
      if (line.command != nullptr) command = line.command;
      code = run_line(console, commands, line, streams, json, std::move(stop));
    } catch (...) {
      console.set_status({});
      console.drop_output();  // half a result, or half a document
      code = report_current([&](const Error& error) { report(console, json, command, error); });
      code = exit_of(command, code);
    }
    try {
      console.flush();
    } catch (...) {
      code = report_current([&](const Error& error) { report(console, false, command, error); });
    }
  } catch (...) {
    // Not even the report could be made: out of memory, most likely. The exit code has to do.
    code = ExitCode::internal;
  }
  return static_cast<int>(code);
}

int run(std::span<const std::string> args, Streams& streams, std::stop_token stop) noexcept {
  try {
    return run(all_commands(), args, streams, std::move(stop));
  } catch (...) {
    return static_cast<int>(ExitCode::internal);
  }
}

}  // namespace envlock
