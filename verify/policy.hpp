#pragma once

#include <span>
#include <string>
#include <vector>

#include "model/project_accept.hpp"
#include "model/time.hpp"
#include "verify/finding.hpp"

namespace envlock {

/// What became of one acceptance of envlock.yml.
struct AcceptanceUse {
  enum class State : std::uint8_t {
    unused,       ///< There is no such finding.
    expired,      ///< There is, but the time is over: it hides nothing.
    other_bytes,  ///< There is, but of other bytes than were accepted: it hides nothing.
    applied,      ///< The finding is hidden.
  };
  State state = State::unused;
  Acceptance acceptance;
  std::optional<Finding> finding;  ///< That it is about; nothing where unused.
};
std::string_view to_string(AcceptanceUse::State state) noexcept;

/// Which findings make a run fail.
enum class FailOn : std::uint8_t { any, warning, error, none };
std::optional<FailOn> parse_fail_on(std::string_view text) noexcept;

/// The policy of envlock.yml applied to findings.
struct JudgedFindings {
  std::vector<Finding> findings;  ///< What is left, sorted.
  std::vector<AcceptanceUse> acceptances;
  std::uint64_t ignored = 0;  ///< Left out because their rule is set to 'ignore'.
};

/// @param rules  of all tables that findings may come from
/// @throws InputError with the line: a rule that does not exist, or one that runs code and is to be
///         ignored
JudgedFindings apply_policy(std::vector<Finding> findings, const VerifyPolicy& policy, Instant now,
                            std::span<const Rule> rules);

/// True where the run fails: a finding at or above the threshold, or something that could not be
/// looked at. That nothing was checked fails whatever the threshold is.
bool fails(std::span<const Finding> findings, FailOn threshold) noexcept;

}  // namespace envlock
