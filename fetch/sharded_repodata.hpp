#pragma once

// Private to fetch/: repodata in shards (CEP 16), for RepodataFetcher.

#include <stop_token>
#include <vector>

#include "fetch/repodata.hpp"

namespace envlock {

/// As fetch_subdirs, but of channels that have shards only those of the wanted names: in the
/// answers' indexes, a wanted name without records has none. What has no shards, or too many that
/// match, is read whole.
std::vector<SubdirAnswer> fetch_sharded(RepodataContext& context,
                                        const std::vector<SubdirRequest>& wanted,
                                        const WantedNames& names, const std::stop_token& stop);

}  // namespace envlock
