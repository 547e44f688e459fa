#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/run.hpp"

namespace envlock::test {

/// Keeps what is written.
class StringSink final : public OutputSink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  std::string text;
};

/// What a run sees beside its command line.
struct Outside {
  bool out_is_tty = false;
  bool err_is_tty = false;
  std::map<std::string, std::string> environment = {};
  std::stop_token stop = {};
};

struct InProcess {
  int exit = -1;
  std::string out, err;
};

/// Runs a command line inside the test, with `commands` in place of envlock's own where given.
inline InProcess run_cli(const std::vector<std::string>& args, const Outside& outside = {},
                         const std::optional<std::vector<Command>>& commands = {}) {
  StringSink out;
  StringSink err;
  Streams streams{.out = out,
                  .err = err,
                  .out_is_tty = outside.out_is_tty,
                  .err_is_tty = outside.err_is_tty,
                  .environment = [&](std::string_view name) -> std::optional<std::string> {
                    const auto found = outside.environment.find(std::string(name));
                    if (found == outside.environment.end()) return std::nullopt;
                    return found->second;
                  }};
  const int exit =
      commands ? run(*commands, args, streams, outside.stop) : run(args, streams, outside.stop);
  return {exit, out.text, err.text};
}

}  // namespace envlock::test
