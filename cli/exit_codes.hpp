#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cli/options.hpp"
#include "model/error.hpp"

namespace envlock {

struct ExitMeaning {
  ExitCode code;
  std::string_view text;
};

/// Every exit code with its meaning, ascending: what help, manual and README print.
std::span<const ExitMeaning> exit_meanings() noexcept;

/// What `env`, `nohup` and `timeout` end with where they fail themselves: a command that becomes
/// another one leaves all other codes to that.
inline constexpr ExitCode own_failure = static_cast<ExitCode>(125);

/// Those that a command can end with, ascending.
std::vector<ExitMeaning> exit_meanings_of(const CommandTable& command);

}  // namespace envlock
