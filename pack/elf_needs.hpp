#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/host_requirements.hpp"
#include "model/number_version.hpp"

namespace envlock {

/// What an ELF file asks of glibc.
struct ElfNeeds {
  bool is_elf = false;
  /// The newest glibc whose symbol versions the dynamic loader will look for ("2.34" for
  /// GLIBC_2.34; GLIBC_ABI_DT_RELR is 2.36); nothing where it looks for none. Versions that a file
  /// itself defines, as libc.so.6 does, do not count.
  std::optional<NumberVersion> glibc = {};
  /// False where the list of needed versions could not be followed: `glibc` is then the newest that
  /// may stand in it, so never too low.
  bool exact = true;
};

/// Reads what an ELF file needs while its bytes pass once, in pieces of any size, keeping at most
/// 3 MiB of them. Hostile bytes do no harm: what cannot be followed is not exact.
///
/// The dynamic loader finds the needed versions by PT_DYNAMIC, DT_VERNEED and the segments'
/// addresses, and knows each version by the hash of its name, which stands in the list itself: the
/// string table, which may be tens of megabytes, need not be kept. But the list mostly lies before
/// the dynamic section that says where. So every block in which an aligned word is the hash of one
/// of glibc's versions is kept with its neighbours, and in the end the list is followed in them as
/// the loader does: that is exact. Where it leads out of what was kept, all such words of the whole
/// file bound it from above; and where there is no such word at all, nothing of glibc is in it.
class ElfNeedsReader {
 public:
  void feed(std::span<const std::byte> bytes);
  /// To be called once, after the last byte.
  [[nodiscard]] ElfNeeds finish();

 private:
  enum class Kind : std::uint8_t { unknown, other, elf };
  struct Range {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };
  struct Segment {
    std::uint64_t address = 0;
    Range file;
  };

  void take_block(std::span<const std::byte> block);
  [[nodiscard]] bool has_glibc_hash(std::span<const std::byte> block);
  [[nodiscard]] bool is_wanted(std::uint64_t index) const;
  void keep(std::uint64_t index, std::span<const std::byte> block);
  void read_header();
  void read_segments();
  /// Copies kept bytes; false where some of them were not kept.
  [[nodiscard]] bool read(std::uint64_t offset, std::span<std::byte> out) const;
  template <class Integer>
  [[nodiscard]] std::optional<Integer> number(std::uint64_t offset) const;
  [[nodiscard]] std::optional<std::uint64_t> word(std::uint64_t offset) const;
  [[nodiscard]] std::optional<std::uint64_t> file_offset(std::uint64_t address) const;
  /// Where the list of needed versions starts; nothing where there is none. `ok` is false where
  /// that could not be found out.
  [[nodiscard]] std::optional<std::uint64_t> find_list(bool& ok) const;
  [[nodiscard]] std::optional<NumberVersion> follow(std::uint64_t list, bool& ok) const;

  Kind kind_ = Kind::unknown;
  bool swapped_ = false;  ///< The file's byte order is not ours.
  bool is_64_ = false;
  bool broken_ = false;  ///< Header or segments say what cannot be.
  bool knows_segments_ = false;
  Range headers_;  ///< Of the segments.
  std::uint64_t header_bytes_ = 0;
  std::vector<Segment> segments_;
  std::optional<Range> dynamic_;
  std::vector<Range> wanted_;
  std::uint64_t blocks_seen_ = 0;
  std::map<std::uint64_t, std::vector<std::byte>> kept_;  ///< By the block's number.
  std::vector<std::byte> partial_;                        ///< The beginning of a block.
  std::vector<std::byte> previous_copy_;
  std::span<const std::byte> previous_;
  bool keep_next_ = false;
  std::optional<std::size_t> newest_seen_;  ///< Of all words: index into glibc's versions.
};

/// Joins what one more file needs to what others do: the newest version counts, of equals an exact
/// one, then the path that sorts first, so that the order of files does not matter.
void add_elf_needs(std::optional<GlibcSymbols>& symbols, const std::string& path,
                   const ElfNeeds& needs);

}  // namespace envlock
