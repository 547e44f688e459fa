#include "pack/elf_needs.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

namespace envlock {
namespace {

constexpr std::size_t block_bytes = std::size_t{16} << 10U;
constexpr std::size_t max_kept_blocks = 160;
/// More than a thousand segments, or a dynamic section of as many entries, is no real file's.
constexpr std::uint64_t max_headers_bytes = std::uint64_t{64} << 10U;
constexpr std::uint64_t max_dynamic_bytes = std::uint64_t{64} << 10U;
constexpr std::size_t max_list_steps = 100'000;

// The ELF specification's and the GNU extensions' numbers (elf.h of any system).
constexpr std::uint32_t pt_load = 1;
constexpr std::uint32_t pt_dynamic = 2;
constexpr std::uint64_t dt_null = 0;
constexpr std::uint64_t dt_verneed = 0x6FFFFFFE;

/// The System V ABI's hash of a symbol's or a version's name.
std::uint32_t elf_hash(std::string_view name) noexcept {
  std::uint32_t hash = 0;
  for (const char c : name) {
    hash = (hash << 4U) + static_cast<unsigned char>(c);
    const std::uint32_t high = hash & 0xF0000000U;
    hash ^= high >> 24U;
    hash &= ~high;
  }
  return hash;
}

/// All symbol versions of glibc by their hashes, past and to come.
class GlibcVersions {
 public:
  struct Entry {
    std::uint32_t hash = 0;
    NumberVersion version;
  };
  /// The hashes of names of one form: near to each other, as their last characters count least.
  struct Group {
    std::uint32_t mask = 0;
    std::uint32_t value = 0;
  };

  GlibcVersions() {
    std::vector<std::string> names;
    for (int i = 0; i < 10; ++i) names.push_back("2." + std::to_string(i));
    add_group(names);
    names.clear();
    for (int i = 10; i < 100; ++i) names.push_back("2." + std::to_string(i));
    add_group(names);
    add_group({"2.1.1", "2.1.2", "2.1.3", "2.2.1", "2.2.2", "2.2.3", "2.2.4", "2.2.5", "2.2.6",
               "2.3.2", "2.3.3", "2.3.4"});
    // "-z pack-relative-relocs" asks for this one; it came with 2.36.
    add("GLIBC_ABI_DT_RELR", "2.36");
    groups_[group_count_++] = {~0U, entries_.back().hash};
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.version < b.version; });
  }

  [[nodiscard]] const std::array<Group, 4>& groups() const noexcept { return groups_; }
  [[nodiscard]] const NumberVersion& version(std::size_t index) const {
    return entries_.at(index).version;
  }
  /// Larger indexes are newer versions.
  [[nodiscard]] std::optional<std::size_t> find(std::uint32_t hash) const {
    const bool near = std::any_of(groups_.begin(), groups_.end(), [&](const Group& group) {
      return (hash & group.mask) == group.value;
    });
    if (!near) return std::nullopt;
    const auto at = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const Entry& entry) { return entry.hash == hash; });
    if (at == entries_.end()) return std::nullopt;
    return static_cast<std::size_t>(at - entries_.begin());
  }

 private:
  void add(const std::string& name, const std::string& version) {
    entries_.push_back({elf_hash(name), NumberVersion::parse(version).value()});
  }

  void add_group(const std::vector<std::string>& versions) {
    std::uint32_t differing = 0;
    const std::uint32_t first = elf_hash("GLIBC_" + versions.front());
    for (const std::string& version : versions) {
      add("GLIBC_" + version, version);
      differing |= entries_.back().hash ^ first;
    }
    const std::uint32_t mask = ~(std::bit_ceil(differing + 1) - 1);
    groups_[group_count_++] = {mask, first & mask};
  }

  std::vector<Entry> entries_;
  std::array<Group, 4> groups_;
  std::size_t group_count_ = 0;
};

const GlibcVersions& glibc_versions() {
  static const GlibcVersions versions;
  return versions;
}

template <class Integer>
Integer reversed(Integer value) noexcept {
  Integer out = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    out = static_cast<Integer>(static_cast<Integer>(out << 8U) | (value & 0xFFU));
    value = static_cast<Integer>(value >> 8U);
  }
  return out;
}

constexpr std::size_t chunk_words = 64;
using Chunk = std::array<std::uint32_t, chunk_words>;

/// Whether some word may be a hash. Without branches, so that it is done for several words at once:
/// it sees every byte of every library.
bool has_near(const Chunk& words, const std::array<GlibcVersions::Group, 4>& groups) noexcept {
  std::uint32_t any = 0;
  for (const std::uint32_t word : words) {
    any |= static_cast<std::uint32_t>((word & groups[0].mask) == groups[0].value) |
           static_cast<std::uint32_t>((word & groups[1].mask) == groups[1].value) |
           static_cast<std::uint32_t>((word & groups[2].mask) == groups[2].value) |
           static_cast<std::uint32_t>((word & groups[3].mask) == groups[3].value);
  }
  return any != 0;
}

}  // namespace

void ElfNeedsReader::feed(std::span<const std::byte> bytes) {
  if (kind_ == Kind::other || bytes.empty()) return;
  if (kind_ == Kind::unknown) {
    constexpr std::array<std::byte, 4> magic{std::byte{0x7F}, std::byte{'E'}, std::byte{'L'},
                                             std::byte{'F'}};
    const std::size_t take = std::min(bytes.size(), magic.size() - partial_.size());
    partial_.insert(partial_.end(), bytes.begin(),
                    bytes.begin() + static_cast<std::ptrdiff_t>(take));
    bytes = bytes.subspan(take);
    if (!std::equal(partial_.begin(), partial_.end(), magic.begin())) kind_ = Kind::other;
    if (kind_ == Kind::unknown && partial_.size() == magic.size()) kind_ = Kind::elf;
    if (kind_ != Kind::elf) return;
  }
  while (!bytes.empty()) {
    if (partial_.empty() && bytes.size() >= block_bytes) {
      take_block(bytes.first(block_bytes));
      bytes = bytes.subspan(block_bytes);
      continue;
    }
    const std::size_t take = std::min(bytes.size(), block_bytes - partial_.size());
    partial_.insert(partial_.end(), bytes.begin(),
                    bytes.begin() + static_cast<std::ptrdiff_t>(take));
    bytes = bytes.subspan(take);
    if (partial_.size() < block_bytes) break;
    take_block(partial_);
    previous_copy_.swap(partial_);  // `previous_` goes on pointing at the same bytes
    partial_.clear();
  }
  if (!previous_.empty() && previous_.data() != previous_copy_.data()) {
    previous_copy_.assign(previous_.begin(), previous_.end());
    previous_ = previous_copy_;
  }
}

void ElfNeedsReader::take_block(std::span<const std::byte> block) {
  const std::uint64_t index = blocks_seen_++;
  const bool found = has_glibc_hash(block);
  if (found && index > 0) keep(index - 1, previous_);
  if (found || keep_next_ || index == 0 || is_wanted(index)) keep(index, block);
  keep_next_ = found;
  if (index == 0) read_header();
  if (!broken_ && !knows_segments_) read_segments();
  previous_ = block;
}

bool ElfNeedsReader::has_glibc_hash(std::span<const std::byte> block) {
  const auto& groups = glibc_versions().groups();
  bool found = false;
  Chunk chunk{};
  for (std::size_t at = 0; at < block.size(); at += sizeof chunk) {
    const std::size_t bytes = std::min(sizeof chunk, block.size() - at);
    if (bytes < sizeof chunk) chunk.fill(0);
    std::memcpy(chunk.data(), block.data() + at, bytes);
    if (swapped_) {
      for (std::uint32_t& word : chunk) word = reversed(word);
    }
    if (!has_near(chunk, groups)) continue;
    for (const std::uint32_t word : chunk) {
      const auto version = glibc_versions().find(word);
      if (!version) continue;
      found = true;
      newest_seen_ = std::max(newest_seen_.value_or(0), *version);
    }
  }
  return found;
}

bool ElfNeedsReader::is_wanted(std::uint64_t index) const {
  const std::uint64_t start = index * block_bytes;
  return std::any_of(wanted_.begin(), wanted_.end(), [&](const Range& range) {
    return range.offset < start + block_bytes && start < range.offset + range.bytes;
  });
}

void ElfNeedsReader::keep(std::uint64_t index, std::span<const std::byte> block) {
  if (kept_.count(index) != 0 || (kept_.size() >= max_kept_blocks && !is_wanted(index))) return;
  kept_.emplace(index, std::vector<std::byte>(block.begin(), block.end()));
}

bool ElfNeedsReader::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const auto block = kept_.find(offset / block_bytes);
    const std::size_t at = offset % block_bytes;
    if (block == kept_.end() || block->second.size() <= at) return false;
    const std::size_t take = std::min(out.size(), block->second.size() - at);
    std::memcpy(out.data(), block->second.data() + at, take);
    out = out.subspan(take);
    offset += take;
  }
  return true;
}

template <class Integer>
std::optional<Integer> ElfNeedsReader::number(std::uint64_t offset) const {
  Integer value = 0;
  if (!read(offset, std::as_writable_bytes(std::span(&value, 1)))) return std::nullopt;
  return swapped_ ? reversed(value) : value;
}

std::optional<std::uint64_t> ElfNeedsReader::word(std::uint64_t offset) const {
  if (is_64_) return number<std::uint64_t>(offset);
  return number<std::uint32_t>(offset);
}

void ElfNeedsReader::read_header() {
  const auto word_size = number<std::uint8_t>(4);
  const auto byte_order = number<std::uint8_t>(5);
  broken_ = !word_size || !byte_order || *word_size < 1 || *word_size > 2 || *byte_order < 1 ||
            *byte_order > 2;
  if (broken_) return;
  is_64_ = *word_size == 2;
  const bool is_little = *byte_order == 1;
  swapped_ = is_little != (std::endian::native == std::endian::little);
  // The block was searched before its byte order was known.
  if (swapped_ && has_glibc_hash(kept_.at(0))) keep_next_ = true;
  const auto offset = word(is_64_ ? 32 : 28);
  const auto entry_bytes = number<std::uint16_t>(is_64_ ? 54 : 42);
  const auto count = number<std::uint16_t>(is_64_ ? 56 : 44);
  header_bytes_ = is_64_ ? 56 : 32;
  broken_ = !offset || !count || (*count > 0 && *entry_bytes != header_bytes_);
  if (broken_) return;
  headers_ = {*offset, *count * header_bytes_};
  // 0xFFFF says that the number stands elsewhere; core dumps do so.
  broken_ = headers_.bytes > max_headers_bytes || headers_.offset > UINT64_MAX / 2;
  if (!broken_) wanted_.push_back(headers_);
}

void ElfNeedsReader::read_segments() {
  std::vector<std::byte> all(headers_.bytes);
  if (!read(headers_.offset, all)) return;  // its blocks are still to come
  knows_segments_ = true;
  for (std::uint64_t at = headers_.offset; at < headers_.offset + headers_.bytes;
       at += header_bytes_) {
    const std::uint32_t type = number<std::uint32_t>(at).value_or(0);
    if (type != pt_load && type != pt_dynamic) continue;
    const std::uint64_t offset = word(at + (is_64_ ? 8 : 4)).value_or(0);
    const std::uint64_t address = word(at + (is_64_ ? 16 : 8)).value_or(0);
    const std::uint64_t bytes = word(at + (is_64_ ? 32 : 16)).value_or(0);
    if (offset > UINT64_MAX / 2 || bytes > UINT64_MAX / 2) {
      broken_ = true;
      return;
    }
    if (type == pt_load) segments_.push_back({address, {offset, bytes}});
    if (type == pt_dynamic && !dynamic_) {
      dynamic_ = Range{offset, std::min(bytes, max_dynamic_bytes)};
      wanted_.push_back(*dynamic_);
    }
  }
}

std::optional<std::uint64_t> ElfNeedsReader::file_offset(std::uint64_t address) const {
  for (const Segment& segment : segments_) {
    if (address >= segment.address && address - segment.address < segment.file.bytes)
      return address - segment.address + segment.file.offset;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ElfNeedsReader::find_list(bool& ok) const {
  ok = !broken_ && knows_segments_;
  // Relocatable objects and static programs have no dynamic section, debug files an empty one.
  if (!ok || !dynamic_ || dynamic_->bytes == 0) return std::nullopt;
  const std::uint64_t word_bytes = is_64_ ? 8 : 4;
  std::optional<std::uint64_t> address;
  for (std::uint64_t at = 0; at + 2 * word_bytes <= dynamic_->bytes; at += 2 * word_bytes) {
    const auto tag = word(dynamic_->offset + at);
    const auto value = word(dynamic_->offset + at + word_bytes);
    ok = tag && value;
    if (!ok) return std::nullopt;
    if (*tag == dt_null) break;
    if (*tag == dt_verneed) address = *value;
  }
  if (!address) return std::nullopt;
  const auto offset = file_offset(*address);
  ok = offset.has_value();
  return offset;
}

std::optional<NumberVersion> ElfNeedsReader::follow(std::uint64_t list, bool& ok) const {
  // The counts in it (vn_cnt, DT_VERNEEDNUM) are not looked at, because loaders do not, either.
  std::optional<std::size_t> newest;
  std::size_t steps = 0;
  for (std::uint64_t need = list;;) {
    const auto first = number<std::uint32_t>(need + 8);
    const auto next = number<std::uint32_t>(need + 12);
    ok = first && next;
    if (!ok) return std::nullopt;
    for (std::uint64_t version = need + *first;;) {
      const auto hash = number<std::uint32_t>(version);
      const auto step = number<std::uint32_t>(version + 12);
      ok = hash && step && ++steps <= max_list_steps;
      if (!ok) return std::nullopt;
      if (const auto known = glibc_versions().find(*hash))
        newest = std::max(newest.value_or(0), *known);
      if (*step == 0) break;
      version += *step;
    }
    if (*next == 0) break;
    need += *next;
  }
  if (!newest) return std::nullopt;
  return glibc_versions().version(*newest);
}

ElfNeeds ElfNeedsReader::finish() {
  if (kind_ != Kind::elf) return {};
  if (!partial_.empty()) take_block(partial_);
  ElfNeeds needs{.is_elf = true};
  bool ok = true;
  const auto list = find_list(ok);
  if (list) needs.glibc = follow(*list, ok);
  if (ok || !newest_seen_) return needs;
  needs.glibc = glibc_versions().version(*newest_seen_);
  needs.exact = false;
  return needs;
}

void add_elf_needs(std::optional<GlibcSymbols>& symbols, const std::string& path,
                   const ElfNeeds& needs) {
  if (!needs.glibc) return;
  GlibcSymbols one{*needs.glibc, path, needs.exact};
  if (symbols) {
    if (one.version < symbols->version) return;
    if (one.version == symbols->version) {
      if (one.exact != symbols->exact) {
        if (!one.exact) return;
      } else if (one.file >= symbols->file) {
        return;
      }
    }
  }
  symbols = std::move(one);
}

}  // namespace envlock
