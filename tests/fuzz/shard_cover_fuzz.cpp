// What the cache says of indexes made of shards: what parses is written again just so.
#include "fetch/shard_cover.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cover = envlock::ShardCover::parse(text);
  if (cover && cover->to_string() != text) std::abort();
  return 0;
}
