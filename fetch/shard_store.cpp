#include "fetch/shard_store.hpp"

#include <chrono>
#include <system_error>

#include "fetch/atomic_file.hpp"
#include "fetch/mapped_file.hpp"
#include "model/error.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view shard_suffix = ".msgpack.zst";

/// The mark of last use that `cache clean` goes by, to the day.
void mark_used(const fs::path& file, const FileSeal& seal) noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  constexpr std::chrono::hours day{24};
  if (now - std::chrono::nanoseconds(seal.mtime_ns) < day) return;
  std::error_code ignored;
  fs::last_write_time(file, fs::file_time_type::clock::now(), ignored);
}

}  // namespace

std::string shard_file_name(const Sha256& shard) { return shard.hex() + std::string(shard_suffix); }

std::optional<Sha256> digest_of_shard_file(std::string_view name) {
  if (!name.ends_with(shard_suffix)) return std::nullopt;
  name.remove_suffix(shard_suffix.size());
  return Sha256::parse(name);
}

std::optional<std::vector<std::byte>> ShardStore::load(const Sha256& shard,
                                                       std::size_t max_bytes) const {
  const fs::path file = folder_ / shard_file_name(shard);
  try {
    const auto mapped = MappedFile::open(file);
    if (!mapped || mapped->bytes().size() > max_bytes) return std::nullopt;
    std::vector<std::byte> bytes(mapped->bytes().begin(), mapped->bytes().end());
    if (sha256_of(bytes) != shard) return std::nullopt;  // damaged: as if it were not there
    mark_used(file, mapped->seal());
    return bytes;
  } catch (const IoError&) {
    return std::nullopt;
  }
}

void ShardStore::save(const Sha256& shard, std::span<const std::byte> bytes) const {
  try {
    AtomicFile file(folder_ / shard_file_name(shard));
    file.write(bytes);
    // Not synced: it is hashed whenever it is read.
    file.commit(AtomicFile::Durability::relaxed);
  } catch (const IoError& error) {
    throw IoError(std::string("the cache: ") + error.what(),
                  "make room, or name another folder with --cache-dir");
  }
}

}  // namespace envlock
