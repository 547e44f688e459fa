#include "cli/exit_codes.hpp"

#include <algorithm>
#include <array>

namespace envlock {

std::span<const ExitMeaning> exit_meanings() noexcept {
  static constexpr std::array<ExitMeaning, 11> meanings{{
      {ExitCode::ok, "done, and nothing was found"},
      {ExitCode::findings, "findings: the lock is stale, the prefix differs, there is drift"},
      {ExitCode::usage, "wrong command line"},
      {ExitCode::invalid_input, "an input file is malformed or contradicts itself"},
      {ExitCode::unsolvable, "no solution exists; the explanation is printed"},
      {ExitCode::network, "network, after the retries; or no such channel"},
      {ExitCode::untrusted,
       "untrusted: a hash, a signature, a limit, a path, a channel or the policy says no"},
      {ExitCode::io, "local files: missing, no permission, disk full"},
      {ExitCode::unfit, "the host or the target does not fit"},
      {ExitCode::internal, "a defect in envlock itself"},
      {ExitCode::interrupted, "interrupted"},
  }};
  return meanings;
}

std::vector<ExitMeaning> exit_meanings_of(const CommandTable& command) {
  if (command.takes_a_command) {
    // 126 and 127 are the shell's. All others are the command's own.
    return {{own_failure, "envlock failed itself, a wrong command line included"},
            {static_cast<ExitCode>(126), "the command cannot be run"},
            {static_cast<ExitCode>(127), "there is no such command; any other code is its own"}};
  }
  constexpr std::array always{ExitCode::ok, ExitCode::usage, ExitCode::io, ExitCode::internal,
                              ExitCode::interrupted};
  std::vector<ExitMeaning> meanings;
  for (const ExitMeaning& meaning : exit_meanings()) {
    if (std::ranges::count(always, meaning.code) + std::ranges::count(command.exits, meaning.code) >
        0)
      meanings.push_back(meaning);
  }
  return meanings;
}

}  // namespace envlock
