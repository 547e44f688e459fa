#pragma once

// Private to fetch/: which names the indexes made of shards stand for.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/file_seal.hpp"
#include "fetch/shard_table.hpp"
#include "model/digest.hpp"

namespace envlock {

/// What the cache knows of the indexes that one walk over the shards of some subdirs made. It says
/// for which names a missing record means that there is none, so that a damaged one counts as
/// missing (docs/cache.md).
struct ShardCover {
  struct Subdir {
    std::string url;  ///< Without credentials.
    Sha256 table;     ///< Of the shard index as served with which `content` was last compared.
    Sha256 content;   ///< shard_content() of `names`.
    FileSeal index;   ///< Of the index, as envlock wrote or checked it.
    friend bool operator==(const Subdir&, const Subdir&) = default;
  };
  std::vector<Subdir> subdirs;
  /// Of the repodata read whole beside it, whose dependencies had a part in `names`.
  std::vector<Sha256> whole;
  std::set<std::string> roots;  ///< That were asked for.
  std::set<std::string> names;  ///< And all that were looked for.

  [[nodiscard]] std::string to_string() const;
  /// Nothing where `text` is not exactly what to_string writes.
  static std::optional<ShardCover> parse(std::string_view text);
  friend bool operator==(const ShardCover&, const ShardCover&) = default;
};

/// A digest of which shards a table has for `names`, and where it says that packages lie: where it
/// is unchanged, so is all that an index of those names would hold.
Sha256 shard_content(const ShardTable& table, const std::set<std::string>& names);

}  // namespace envlock
