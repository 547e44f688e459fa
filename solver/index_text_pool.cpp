#include "solver/index_text_pool.hpp"

#include "model/error.hpp"

namespace envlock {

std::uint32_t TextPool::intern(std::string_view text, std::uint64_t hash) {
  const std::uint32_t known =
      table_.find(hash, [&](std::uint32_t id) { return (*this)[id] == text; });
  if (known != IdTable::none) return known;
  if (bytes_.size() + text.size() > 0xffffffffU)
    throw TrustError("the repodata has more than 4 GiB of distinct texts");
  const auto id = static_cast<std::uint32_t>(size());
  bytes_.append(text.data(), text.size());
  offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  table_.add(hash, id);
  return id;
}

std::uint32_t TextPool::find(std::string_view text) const {
  return table_.find(table_hash(text, seed_),
                     [&](std::uint32_t id) { return (*this)[id] == text; });
}

void TextPool::clear() noexcept {
  table_.clear();
  bytes_.clear();
  offsets_.clear();
}

}  // namespace envlock
