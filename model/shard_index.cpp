#include "model/shard_index.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "model/error.hpp"
#include "model/msgpack_reader.hpp"
#include "model/text.hpp"
#include "model/url.hpp"

namespace envlock {

namespace {

constexpr std::uint32_t max_shards = 1'000'000;
constexpr std::size_t max_name_bytes = 255;
constexpr std::size_t max_url_bytes = 4096;

/// A name goes into messages and keys, never into a path or URL. Real channels have names that the
/// grammar of CEP 26 does not allow, so that only what cannot be a name is refused.
void require_name(std::string_view name, const std::string& document) {
  const auto odd = [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u <= ' ' || u == 0x7f || c == '/' || c == '\\';
  };
  if (!name.empty() && name.size() <= max_name_bytes && is_utf8(name) &&
      std::none_of(name.begin(), name.end(), odd))
    return;
  throw TrustError(
      "'" + document + "' lists '" + printable(name, 100) + "', which is no package name",
      "do not trust this channel; tell its owner");
}

std::string url_text(MsgpackReader& reader, std::string_view key) {
  const MsgpackReader::Value value = reader.next();
  if (value.kind == MsgpackReader::Kind::nil) return {};
  if (value.kind != MsgpackReader::Kind::text || value.bytes.size() > max_url_bytes ||
      !is_utf8(value.bytes) || value.bytes.find('\0') != std::string_view::npos)
    reader.fail("'" + std::string(key) + "' is no URL");
  // It is kept on the disk; a URL with a secret is refused with or without it.
  return redact_urls(value.bytes);
}

void read_info(MsgpackReader& reader, ShardIndex& index) {
  for (std::uint32_t left = reader.map("'info'"); left > 0; --left) {
    const std::string_view key = reader.text("a key of 'info'");
    if (key == "base_url")
      index.base_url = url_text(reader, key);
    else if (key == "shards_base_url")
      index.shards_base_url = url_text(reader, key);
    else
      reader.skip();
  }
}

/// 32 bytes; some indexers write them as hex.
Sha256 read_hash(MsgpackReader& reader, std::string_view name) {
  const MsgpackReader::Value value = reader.next();
  Sha256::Bytes bytes{};
  if (value.kind == MsgpackReader::Kind::binary && value.bytes.size() == bytes.size()) {
    std::copy(value.bytes.begin(), value.bytes.end(), bytes.begin());
    return Sha256(bytes);
  }
  if (value.kind == MsgpackReader::Kind::text)
    if (const auto digest = Sha256::parse(to_lower(value.bytes))) return *digest;
  reader.fail("the shard of '" + printable(name, 100) + "' is no SHA-256");
}

void read_shards(MsgpackReader& reader, ShardIndex& index, const std::string& document) {
  const std::uint32_t count = reader.map("'shards'");
  if (count > max_shards)
    throw TrustError("'" + document + "' lists " + std::to_string(count) +
                         " packages, more than the limit of " + std::to_string(max_shards),
                     "do not trust this channel: no real one is that large");
  index.shards.reserve(count);  // no more than the bytes that are there: MsgpackReader
  for (std::uint32_t left = count; left > 0; --left) {
    const std::string_view name = reader.text("a name in 'shards'");
    require_name(name, document);
    index.shards.push_back({to_lower(name), read_hash(reader, name)});
  }
  std::sort(index.shards.begin(), index.shards.end());
  index.shards.erase(std::unique(index.shards.begin(), index.shards.end()), index.shards.end());
}

}  // namespace

ShardIndex parse_shard_index(std::span<const std::byte> msgpack, const std::string& name) {
  MsgpackReader reader(msgpack, name);
  ShardIndex index;
  bool has_version = false;
  bool has_info = false;
  bool has_shards = false;
  const auto once = [&](bool& seen, const char* key) {
    if (seen) reader.fail("the key '" + std::string(key) + "' occurs twice");
    seen = true;
  };
  for (std::uint32_t left = reader.map("the document"); left > 0; --left) {
    const std::string_view key = reader.text("a key");
    if (key == "version") {
      once(has_version, "version");
      const MsgpackReader::Value value = reader.next();
      if (value.kind != MsgpackReader::Kind::whole || value.number != 1)
        reader.fail("its version is not 1, the one that envlock reads");
    } else if (key == "info") {
      once(has_info, "info");
      read_info(reader, index);
    } else if (key == "shards") {
      once(has_shards, "shards");
      read_shards(reader, index, name);
    } else {
      reader.skip();
    }
  }
  if (!reader.at_end()) reader.fail("bytes follow behind its end");
  if (!has_shards) reader.fail("it has no 'shards'");
  return index;
}

}  // namespace envlock
