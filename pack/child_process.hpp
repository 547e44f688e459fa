#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

struct ChildCommand {
  std::vector<std::string> arguments;    ///< The first is the program, an absolute path.
  std::vector<std::string> environment;  ///< "NAME=VALUE"; nothing else is inherited.
  std::string folder = "/";              ///< Its working directory.
  std::string_view input;                ///< What it reads.
};

struct ChildResult {
  int status = 0;     ///< As waitpid gives it.
  std::string error;  ///< The beginning of what it wrote to either output, up to 4 KiB.
};

/// Runs a program to its end, in a process group of its own. Only for programs of an environment
/// that is being installed.
/// @param stop  ends the group by SIGTERM, and three seconds later by SIGKILL
/// @throws IoError where it cannot be started; Interrupted where it was stopped
ChildResult run_child(const ChildCommand& child, const std::stop_token& stop);

/// "exit status 1" or "signal 11".
std::string describe_status(int status);

}  // namespace envlock
