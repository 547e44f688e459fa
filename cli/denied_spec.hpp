#pragma once

#include <vector>

#include "model/channel.hpp"
#include "model/match_spec.hpp"
#include "model/package_record.hpp"
#include "solver/solve.hpp"

namespace envlock {

/// What one entry of `denied:` forbids, with the channel that it may name.
struct DeniedSpec {
  MatchSpec spec;
  Request request;                ///< As written, and where.
  std::vector<Channel> channels;  ///< Empty: of any channel.

  /// @param record  of a lock: its version parses
  [[nodiscard]] bool forbids(const PackageRecord& record) const;
};

/// @throws InputError for a channel that cannot be
std::vector<DeniedSpec> denied_specs(const std::vector<Request>& denied, const ChannelNames& names);

}  // namespace envlock
