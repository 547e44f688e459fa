// A shard, decompressed: what is read becomes JSON of which every part is closed.
#include "model/shard.hpp"

#include <simdjson.h>

#include <cstdint>
#include <cstdlib>

#include "model/error.hpp"
#include "model/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  envlock::Shard shard;
  try {
    shard = envlock::read_shard(bytes, "zlib", "a shard");
  } catch (const envlock::Error&) {
    return 0;
  }
  std::string json = "{\"packages\":{" + shard.packages + "},\"packages.conda\":{" +
                     shard.packages_conda + "},\"removed\":[" + shard.removed + "]}";
  // UTF-8 is left to the reader of JSON.
  if (!envlock::is_utf8(json)) return 0;
  simdjson::dom::parser parser;
  if (parser.parse(json).error() != simdjson::SUCCESS) std::abort();
  for (const std::string& name : shard.needed)
    if (name.empty() || name.starts_with("__")) std::abort();
  return 0;
}
