#pragma once

// Private to fetch/: reading the shards that a question needs.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "fetch/repodata.hpp"
#include "fetch/shard_table.hpp"
#include "model/shard.hpp"

namespace envlock {

/// A subdir whose records come in shards.
struct ShardedSubdir {
  const SubdirRequest* request = nullptr;
  std::shared_ptr<const ShardTable> table;
  std::string table_source;  ///< Redacted URL of the shard index.
  Url base;                  ///< Of the shards.
  std::shared_ptr<const Credential> credential;
};

/// One whose repodata is read whole, but whose dependencies bring names, too.
struct WholeSubdir {
  const SubdirRequest* request = nullptr;
  std::shared_ptr<const MappedFile> index;
};

/// A shard is not where the shard index says: it may have been replaced meanwhile.
struct MissingShard : NetworkError {
  using NetworkError::NetworkError;
};

struct ShardWalk {
  std::set<std::string> names;  ///< That were looked for.
  /// By subdir, then by place in its table, so that the order never depends on the network's.
  std::vector<std::map<std::size_t, Shard>> shards;
  std::size_t read = 0;  ///< Shards in all.
  std::size_t downloaded = 0;
  std::uint64_t downloaded_bytes = 0;
};

/// Reads the shards of `names` and, where asked for, of all that they depend on, in all subdirs:
/// from the cache, else in parallel from where they lie, as their names are found.
/// @param first_item  for progress: the number of the first download
/// @throws NetworkError, also where offline some are not in the cache (naming them); MissingShard;
/// TrustError for a wrong SHA-256 and limits; InputError for malformed ones; IoError; Interrupted
ShardWalk walk_shards(RepodataContext& context, const std::vector<ShardedSubdir>& sharded,
                      const std::vector<WholeSubdir>& whole, const std::set<std::string>& names,
                      bool with_dependencies, std::size_t first_item, const std::stop_token& stop);

}  // namespace envlock
