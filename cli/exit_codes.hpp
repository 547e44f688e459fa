#pragma once

#include <span>
#include <string_view>

#include "cli/options.hpp"
#include "model/error.hpp"

namespace envlock {

struct ExitMeaning {
  ExitCode code;
  std::string_view text;
};

/// Every exit code with its meaning, ascending: what help, manual and README print.
std::span<const ExitMeaning> exit_meanings() noexcept;

/// True where `command` can end with `code`.
bool can_exit_with(const CommandTable& command, ExitCode code);

}  // namespace envlock
