#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"

namespace envlock {

/// The file that lists the shards of a subdir (CEP 16), and its name there.
inline constexpr std::string_view shard_index_file = "repodata_shards.msgpack.zst";

/// What the shard index of one subdir says: which file has the records of which package name.
struct ShardIndex {
  struct Entry {
    std::string name;  ///< In lower case.
    Sha256 shard;      ///< Of the shard as it is served (compressed).
    friend bool operator==(const Entry&, const Entry&) = default;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  std::string base_url;         ///< Where packages lie, as written; empty: beside the index.
  std::string shards_base_url;  ///< Where shards lie, as written; empty: beside the index.
  /// Sorted, without duplicates. Two spellings of one name are two entries.
  std::vector<Entry> shards;
};

/// @param msgpack  decompressed
/// @param name     redacted URL, for messages
/// @throws InputError (3) where it is malformed or of a version that is not known; TrustError (6)
/// for limits and for names that no package has: texts with control characters, slashes or spaces
ShardIndex parse_shard_index(std::span<const std::byte> msgpack, const std::string& name);

}  // namespace envlock
