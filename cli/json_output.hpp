#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "model/error.hpp"
#include "model/json_writer.hpp"

namespace envlock {

/// The one document of a successful run, for a file.
/// @param write_result  writes the members of `result`, which is an open object
std::string json_result(std::string_view command, ExitCode code,
                        const std::function<void(JsonWriter&)>& write_result);

/// Prints the one document of a successful `--json` run (design section 3).
/// @param write_result  writes the members of `result`, which is an open object
/// @return `code`, so that a command can end with this call
ExitCode print_json_result(Console& console, std::string_view command, ExitCode code,
                           const std::function<void(JsonWriter&)>& write_result);
ExitCode print_json_result(Context& context, ExitCode code,
                           const std::function<void(JsonWriter&)>& write_result);

/// The document of a failed one, not redacted.
/// @param code  what the process ends with
std::string json_error(std::string_view command, const Error& error, ExitCode code);

/// Prints the document of a failed one. Text in it is redacted.
/// @param command  empty where the command line names none
/// @param code     what the process ends with
void print_json_error(Console& console, std::string_view command, const Error& error,
                      ExitCode code);

}  // namespace envlock
