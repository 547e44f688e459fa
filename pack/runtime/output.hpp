#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "model/error.hpp"
#include "model/json_writer.hpp"

namespace envlock::runtime {

/// A line of the result, on standard output; what no terminal should see is escaped.
void say(const std::string& line);

/// What the user should know beside the result, on standard error.
void note(const std::string& line);

/// `--json`'s one object, as envlock's own commands print it.
void say_json(std::string_view command, ExitCode code,
              const std::function<void(JsonWriter&)>& write_result);

/// The error on standard error and, with `--json`, as an object on standard output.
/// @return the exit status
int fail(const Error& error, std::string_view command, bool json);

}  // namespace envlock::runtime
