#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/channel_set.hpp"
#include "cli/console.hpp"
#include "cli/solve_check.hpp"
#include "cli/solve_lock.hpp"
#include "model/json_writer.hpp"

namespace envlock {

/// What one lock became.
struct LockOutcome {
  const SolveAsk* ask = nullptr;
  Lockfile lock;
  std::map<Platform, Solution> solutions;
  std::vector<std::string> causes;  ///< Names that the user's changes are about.
  enum class Fate { written, unchanged, dry_run } fate = Fate::written;
};

/// The result of `solve` for people: what moved on each platform, what became of the lock.
void print_outcome(Console& console, const LockOutcome& outcome);
/// `platforms`, `lockfile` and `fate` of one outcome, as members of the open object.
void write_outcome(JsonWriter& json, const LockOutcome& outcome);
/// `seen`: sha256 of each repodata that was read.
void write_seen(JsonWriter& json, const std::vector<ChannelSet::Seen>& seen);

/// The result of `solve --check` for people.
void print_check(Console& console, const SolveAsk& ask, const CheckResult& result, bool online);
void write_check(JsonWriter& json, const SolveAsk& ask, const CheckResult& result);

}  // namespace envlock
