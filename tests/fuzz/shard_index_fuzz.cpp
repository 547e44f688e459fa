// A shard index, decompressed, and the table that the cache makes of it; and any bytes as a table.
#include "model/shard_index.hpp"

#include <cstdint>
#include <cstdlib>

#include "fetch/shard_table.hpp"
#include "model/error.hpp"

namespace {

void read_all(const envlock::ShardTable& table) {
  try {
    for (std::size_t i = 0; i < table.size(); ++i) {
      const auto [first, last] = table.find(table.name_at(i));
      if (first > last || last > table.size()) std::abort();
      if (first < last) static_cast<void>(table.shard_at(first));
    }
  } catch (const envlock::IoError&) {
    return;  // damaged
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto table = envlock::ShardTable::open(bytes, nullptr, false)) read_all(*table);
  envlock::ShardIndex index;
  try {
    index = envlock::parse_shard_index(bytes, "an index");
  } catch (const envlock::Error&) {
    return 0;
  }
  const auto written = envlock::ShardTable::write(index);
  const auto table = envlock::ShardTable::open(written, nullptr, true);
  if (!table || table->size() != index.shards.size()) std::abort();
  for (std::size_t i = 0; i < index.shards.size(); ++i) {
    const auto [first, last] = table->find(index.shards[i].name);
    if (i < first || i >= last) std::abort();
    if (table->shard_at(i) != index.shards[i].shard) std::abort();
  }
  return 0;
}
