#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "fetch/cache.hpp"
#include "model/digest.hpp"

namespace envlock {

/// The name of a shard's file, in the cache and behind `shards_base_url`.
std::string shard_file_name(const Sha256& shard);
/// The digest in such a name; nothing where it is none.
std::optional<Sha256> digest_of_shard_file(std::string_view name);

/// Shards as they were served (compressed), each by its SHA-256, below the cache's `shards`. They
/// are small, so that each is hashed whenever it is read and needs no seal. Thread-safe.
class ShardStore {
 public:
  explicit ShardStore(const Cache& cache) : folder_(cache.folder("shards")) {}

  /// Nothing where it is missing, longer than `max_bytes`, or has another SHA-256.
  [[nodiscard]] std::optional<std::vector<std::byte>> load(const Sha256& shard,
                                                           std::size_t max_bytes) const;
  /// @param bytes  whose SHA-256 was compared
  /// @throws IoError
  void save(const Sha256& shard, std::span<const std::byte> bytes) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace envlock
