#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/channel_set.hpp"
#include "cli/command.hpp"
#include "cli/solve_ask.hpp"
#include "cli/solve_report.hpp"

namespace envlock {

/// The questions of the options, with what is to be said about them on the console.
std::vector<SolveAsk> ask_questions(const SolveOptions& options, Context& context);

/// What a run of `solve` found and wrote.
struct SolveRun {
  std::vector<SolveAsk> asks;
  std::vector<ChannelSet> channels;   ///< By position of the question.
  std::vector<LockOutcome> outcomes;  ///< Point into `asks`.
  std::vector<std::pair<std::string, double>> timings_ms;
};

/// Answers every question, and only then writes the locks; notices go to the console.
/// @throws whatever makes one of them impossible; no lock was changed then
SolveRun solve_locks(const SolveOptions& options, bool dry_run, Context& context);

}  // namespace envlock
