#pragma once

#include <string_view>
#include <vector>

#include "model/match_spec.hpp"
#include "solver/problem.hpp"

namespace envlock {

/// One record of an index, borrowed, as a MatchSpec looks at it.
struct RecordView {
  const SolverChannel* channel = nullptr;
  std::string_view channel_url;
  std::uint32_t subdir = 0;  ///< Into channel->subdirs.
  RecordId id = 0;
  std::string_view name;
  const Version* version = nullptr;
};

/// Whether `spec` accepts the record, its channel aside. The whole record is only read where the
/// spec looks at more than name, version and build.
bool spec_matches(const MatchSpec& spec, const RecordView& record);

/// Positions in `channels` of those that `channel::` means, by base URL (CF 4.4, "choose").
/// @throws InputError where `text` is no channel
std::vector<std::uint32_t> channels_meant(std::string_view text, const SolveQuestion& question);

/// Computes what every dependency and request of `problem` accepts, and each candidate's sets.
void match_all(LoadedProblem& problem);

}  // namespace envlock
