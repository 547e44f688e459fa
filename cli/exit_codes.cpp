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

bool can_exit_with(const CommandTable& command, ExitCode code) {
  constexpr std::array always{ExitCode::ok, ExitCode::usage, ExitCode::io, ExitCode::internal,
                              ExitCode::interrupted};
  return std::ranges::find(always, code) != always.end() ||
         std::ranges::find(command.exits, code) != command.exits.end();
}

}  // namespace envlock
