#pragma once

#include <cstdint>
#include <string_view>

#include "solver/index_hash.hpp"
#include "solver/index_pages.hpp"

namespace envlock {

/// A hash table from outside bytes to dense ids, without the keys: whoever has them compares.
class IdTable {
 public:
  static constexpr std::uint32_t none = 0xffffffffU;

  /// The id under `hash` for which `same(id)` holds, or `none`.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same same) const {
    if (slots_.empty()) return none;
    const std::size_t mask = slots_.size() - 1;
    const auto tag = static_cast<std::uint32_t>(hash >> 32U);
    for (std::size_t at = tag & mask; slots_[at].id_plus_one != 0; at = (at + 1) & mask) {
      if (slots_[at].tag == tag && same(slots_[at].id_plus_one - 1))
        return slots_[at].id_plus_one - 1;
    }
    return none;
  }
  /// Has what find() will look at brought into the processor's cache: a table of a large channel is
  /// larger than that, and waiting for it is most of the cost of a look-up.
  void prefetch(std::uint64_t hash) const noexcept {
    if (!slots_.empty())
      __builtin_prefetch(&slots_[static_cast<std::uint32_t>(hash >> 32U) & (slots_.size() - 1)]);
  }
  /// Adds an id that find() did not find.
  void add(std::uint64_t hash, std::uint32_t id) {
    if ((used_ + 1) * 3 > slots_.size() * 2) grow();
    place({static_cast<std::uint32_t>(hash >> 32U), id + 1});
    ++used_;
  }
  void clear() noexcept {
    slots_.clear();
    used_ = 0;
  }

 private:
  struct Slot {
    std::uint32_t tag, id_plus_one;
  };
  void place(Slot slot) noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = slot.tag & mask;
    while (slots_[at].id_plus_one != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
  void grow() {
    PageVector<Slot> old;
    old.swap(slots_);
    slots_.resize_zero(old.empty() ? 1024 : old.size() * 2);
    for (const Slot& slot : old) {
      if (slot.id_plus_one != 0) place(slot);
    }
  }
  PageVector<Slot> slots_;
  std::size_t used_ = 0;
};

/// Texts, each kept once, with dense ids in the order in which they came.
class TextPool {
 public:
  explicit TextPool(std::uint64_t seed) : seed_(seed) { offsets_.push_back(0); }

  /// The id of `text`, which is kept where it is new. @throws TrustError beyond 4 GiB of texts
  std::uint32_t intern(std::string_view text) { return intern(text, prepare(text)); }
  /// The same in two steps: prepare several texts, then intern them.
  [[nodiscard]] std::uint64_t prepare(std::string_view text) const noexcept {
    const std::uint64_t hash = table_hash(text, seed_);
    table_.prefetch(hash);
    return hash;
  }
  std::uint32_t intern(std::string_view text, std::uint64_t hash);
  /// IdTable::none where `text` was never interned.
  [[nodiscard]] std::uint32_t find(std::string_view text) const;
  [[nodiscard]] std::string_view operator[](std::uint32_t id) const noexcept {
    return {bytes_.data() + offsets_[id], offsets_[id + 1] - offsets_[id]};
  }
  [[nodiscard]] std::size_t size() const noexcept { return offsets_.size() - 1; }
  [[nodiscard]] std::span<const std::uint32_t> offsets() const noexcept { return offsets_.view(); }
  [[nodiscard]] std::span<const char> bytes() const noexcept { return bytes_.view(); }
  void forget_table() noexcept { table_.clear(); }  ///< No intern() or find() afterwards.
  void clear() noexcept;

 private:
  PageVector<char> bytes_;
  PageVector<std::uint32_t> offsets_;
  IdTable table_;
  std::uint64_t seed_;
};

}  // namespace envlock
