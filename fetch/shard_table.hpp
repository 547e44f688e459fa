#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "model/digest.hpp"
#include "model/shard_index.hpp"

namespace envlock {

/// A shard index as the cache keeps it: a table that is opened with mmap and searched, so that a
/// run that needs a few hundred of 30,000 names does not parse the rest. Every access is checked
/// against the bytes. Immutable and safe to read from many threads.
///
///     "envlock shards 1"  16 bytes
///     SHA-256             32 bytes, of all that follows
///     count, names size, base_url size, shards_base_url size   4 numbers of 4 bytes, little-endian
///     count * 4           where each name ends in the names
///     count * 32          the SHA-256 of each name's shard
///     names, base_url, shards_base_url
class ShardTable {
 public:
  static std::vector<std::byte> write(const ShardIndex& index);
  /// Null where `bytes` is no such table.
  /// @param owner   keeps `bytes` alive
  /// @param verify  compute the checksum, too: where no seal vouches for the file
  static std::shared_ptr<const ShardTable> open(std::span<const std::byte> bytes,
                                                std::shared_ptr<const void> owner, bool verify);

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// In byte order; two shards may have one name. @throws IoError where the table is damaged
  [[nodiscard]] std::string_view name_at(std::size_t i) const;
  [[nodiscard]] Sha256 shard_at(std::size_t i) const;
  /// First, and one past the last.
  [[nodiscard]] std::pair<std::size_t, std::size_t> find(std::string_view name) const;
  [[nodiscard]] std::string_view base_url() const noexcept { return base_url_; }
  [[nodiscard]] std::string_view shards_base_url() const noexcept { return shards_base_url_; }

 private:
  ShardTable() = default;
  [[nodiscard]] std::size_t end_of(std::size_t i) const;

  std::shared_ptr<const void> owner_;
  std::size_t count_ = 0;
  std::span<const std::byte> ends_, shards_;
  std::string_view names_, base_url_, shards_base_url_;
};

}  // namespace envlock
