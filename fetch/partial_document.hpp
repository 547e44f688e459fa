#pragma once

// Private to fetch/.

#include <cstddef>
#include <map>

#include "fetch/repodata.hpp"
#include "fetch/shard_table.hpp"
#include "model/shard.hpp"

namespace envlock {

/// Feeds what stands for a part of one subdir: the JSON of a repodata with only these records, so
/// that there is one reader of records.
/// @param shards  by their place in the table
void feed_partial_document(RepodataSink& sink, const ShardTable& table,
                           const std::map<std::size_t, Shard>& shards);

}  // namespace envlock
