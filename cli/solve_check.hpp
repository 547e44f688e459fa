#pragma once

#include <string>
#include <vector>

#include "cli/channel_set.hpp"
#include "cli/solve_ask.hpp"

namespace envlock {

/// One reason why a lock is not the answer to today's question.
struct CheckFinding {
  std::string rule;     ///< "inputs", "platforms", "virtual-packages", "variables", "denied",
                        ///< "exclude-newer", "removed", "imported", ...
  std::string field;    ///< What differs, for example "environment.yml: specs", or a package.
  std::string locked;   ///< May be empty.
  std::string current;  ///< May be empty.
  SourcePlace place;    ///< Of today's text, where it has one.
  std::string message;  ///< A sentence with all of that.
};

struct CheckResult {
  std::vector<CheckFinding> findings;  ///< Empty: the lock is current.
  std::vector<std::string> notes;      ///< Hotfixes of metadata, and what the check cannot prove.
  std::size_t packages = 0;            ///< Looked at, over all platforms.
};

/// Adds a finding whose message says all.
void add_message(CheckResult& result, std::string rule, std::string field, std::string message);

/// `solve --check`: whether `ask.existing` (which read_lockfile has found to be consistent and
/// closed) answers `ask`. No network.
CheckResult check_lock(const SolveAsk& ask);

/// `solve --check --online`: moreover whether each entry is the channel's own record still.
/// @throws TrustError naming every package whose sha256 or size differ from the channel's
void check_lock_online(const SolveAsk& ask, const ChannelSet& channels, CheckResult& result);

}  // namespace envlock
