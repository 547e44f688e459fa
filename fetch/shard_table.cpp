#include "fetch/shard_table.hpp"

#include <algorithm>
#include <string>

#include "model/error.hpp"

namespace envlock {

namespace {

constexpr std::string_view magic = "envlock shards 1";
constexpr std::size_t digest_bytes = 32;
constexpr std::size_t number_bytes = 4;
constexpr std::size_t header_bytes = 16 + digest_bytes + 4 * number_bytes;

std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // NOLINT: bytes
}

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t i) noexcept {
  std::uint32_t number = 0;
  for (std::size_t k = 0; k < number_bytes; ++k)
    number |= std::to_integer<std::uint32_t>(bytes[i * number_bytes + k]) << (8 * k);
  return number;
}

void add_number(std::string& out, std::size_t number) {
  for (std::size_t k = 0; k < number_bytes; ++k)
    out += static_cast<char>(number >> (8 * k) & 0xffU);
}

void add_digest(std::string& out, const Sha256& digest) {
  for (const std::uint8_t byte : digest.bytes()) out += static_cast<char>(byte);
}

}  // namespace

std::vector<std::byte> ShardTable::write(const ShardIndex& index) {
  std::string names;
  std::string ends;
  std::string body;
  for (const ShardIndex::Entry& entry : index.shards) {
    names += entry.name;
    add_number(ends, names.size());
  }
  add_number(body, index.shards.size());
  add_number(body, names.size());
  add_number(body, index.base_url.size());
  add_number(body, index.shards_base_url.size());
  body += ends;
  for (const ShardIndex::Entry& entry : index.shards) add_digest(body, entry.shard);
  body.append(names).append(index.base_url).append(index.shards_base_url);
  std::string whole(magic);
  add_digest(whole, sha256_of(body));
  whole += body;
  const auto* const begin = reinterpret_cast<const std::byte*>(whole.data());  // NOLINT: bytes
  return {begin, begin + whole.size()};
}

std::shared_ptr<const ShardTable> ShardTable::open(std::span<const std::byte> bytes,
                                                   std::shared_ptr<const void> owner, bool verify) {
  if (bytes.size() < header_bytes || text_of(bytes.first(magic.size())) != magic) return nullptr;
  const auto body = bytes.subspan(magic.size() + digest_bytes);
  if (verify) {
    std::string digest;
    add_digest(digest, sha256_of(body));
    if (digest != text_of(bytes.subspan(magic.size(), digest_bytes))) return nullptr;
  }
  const std::uint64_t count = number_at(body, 0);
  const std::uint64_t names = number_at(body, 1);
  const std::uint64_t base_url = number_at(body, 2);
  const std::uint64_t shards_base_url = number_at(body, 3);
  if (header_bytes + count * (number_bytes + digest_bytes) + names + base_url + shards_base_url !=
      bytes.size())
    return nullptr;
  auto rest = bytes.subspan(header_bytes);
  const auto take = [&rest](std::uint64_t size) {
    const auto taken = rest.first(static_cast<std::size_t>(size));
    rest = rest.subspan(taken.size());
    return taken;
  };
  std::shared_ptr<ShardTable> table(new ShardTable);
  table->owner_ = std::move(owner);
  table->count_ = static_cast<std::size_t>(count);
  table->ends_ = take(count * number_bytes);
  table->shards_ = take(count * digest_bytes);
  table->names_ = text_of(take(names));
  table->base_url_ = text_of(take(base_url));
  table->shards_base_url_ = text_of(take(shards_base_url));
  return table;
}

std::size_t ShardTable::end_of(std::size_t i) const { return number_at(ends_, i); }

std::string_view ShardTable::name_at(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : end_of(i - 1);
  const std::size_t end = end_of(i);
  if (begin > end || end > names_.size())
    throw IoError("a table of shards in the cache is damaged",
                  "remove the cache's folder 'repodata' and run the command again");
  return names_.substr(begin, end - begin);
}

Sha256 ShardTable::shard_at(std::size_t i) const {
  Sha256::Bytes bytes{};
  const auto from = shards_.subspan(i * digest_bytes, digest_bytes);
  std::transform(from.begin(), from.end(), bytes.begin(),
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return Sha256(bytes);
}

std::pair<std::size_t, std::size_t> ShardTable::find(std::string_view name) const {
  std::size_t low = 0;
  std::size_t high = count_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (name_at(middle) < name)
      low = middle + 1;
    else
      high = middle;
  }
  while (high < count_ && name_at(high) == name) ++high;
  return {low, high};
}

}  // namespace envlock
