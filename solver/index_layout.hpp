#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

// The layout of an index file, written out in docs/index-format.md: numbers in the machine's own
// byte order (the file is a cache and never travels), sections at multiples of eight.
namespace envlock::index_layout {

inline constexpr std::array<char, 8> magic = {'e', 'n', 'v', 'l', 'k', 'i', 'd', 'x'};
inline constexpr std::uint32_t byte_order_mark = 0x01020304;
inline constexpr std::uint32_t version = 3;

enum Section : std::size_t {
  summary_section,
  text_offsets,        ///< u32 each, one more than there are texts
  text_bytes,          ///< all texts, one after the other
  names,               ///< NameEntry each, one more than there are names
  rows,                ///< Row each
  sha256s,             ///< 32 bytes a record
  md5s,                ///< 16 bytes a record
  indexed_timestamps,  ///< i64 a record, -1 for none; empty where no record has one
  lists,               ///< for each list: two counts, its depends, its constrains
  attributes,          ///< Attributes each
  twins,               ///< Twin each, by `hidden`
  wide_values,         ///< Wide each, by record and field
  verdicts,            ///< u32 a record: a text id; empty where signatures were not judged
  section_count
};

struct SectionPlace {
  std::uint64_t offset, size;  ///< In bytes, from the start of the file.
};

struct Header {
  std::array<char, 8> magic;
  std::uint32_t byte_order, version;
  std::uint64_t file_size;
  std::array<SectionPlace, section_count> sections;
  std::uint64_t checksum;  ///< Of the whole file without this field.
};

// A verdict's text: empty for an unsigned record, '+' and the keys, or '-' and why it is bad.

/// One number for each of IndexSummary's, and its two texts as text ids.
struct Summary {
  std::uint64_t records, removed, bad_version, bad_text, bad_file_name, without_sha256,
      key_mismatch, subdir_mismatch, conditional, invisible_v3, orphan_signatures, unsigned_records,
      badly_signed;
  std::uint32_t subdir, base_url;
  std::uint32_t id_width;        ///< Bytes of a text id in `lists`: 2, 3 or 4.
  std::uint32_t signature_rule;  ///< A text id.
};

struct NameEntry {
  std::uint32_t text, first_record;
};

enum Flag : std::uint16_t {
  is_tar_bz2 = 1U << 0U,  ///< Else `.conda`.
  has_odd_file_name = 1U << 1U,
  has_sha256 = 1U << 2U,
  has_md5 = 1U << 3U,
  has_size = 1U << 4U,
  has_timestamp = 1U << 5U,
  noarch_generic = 1U << 6U,
  noarch_python = 1U << 7U,
  conditional = 1U << 8U,
  has_wide = 1U << 9U,  ///< Some field does not fit here and stands in wide_values.
  has_twin = 1U << 10U,
  was_removed = 1U << 11U,  ///< Only while building.
  was_signed = 1U << 12U,   ///< Only while building.
};

/// What a solve reads of a record.
struct Row {
  std::uint32_t version, build;  ///< Text ids.
  std::uint32_t list;            ///< Where in `lists` its list begins.
  std::uint32_t size;
  std::uint32_t timestamp_low;
  std::uint16_t timestamp_high, build_number, attributes, flags;
};

/// A count of up to `long_count - 1` items is one byte, else this byte and two more, low one first.
inline constexpr std::uint8_t long_count = 0xff;

/// What many records have in common.
struct Attributes {
  std::uint32_t license, license_family, python_site_packages_path;  ///< Text ids.
  std::uint32_t track_features;  ///< A text id; sorted, joined by one space.
  std::uint32_t track_features_count;
  friend bool operator==(const Attributes&, const Attributes&) = default;
};

struct Twin {
  std::uint32_t hidden, by;  ///< Record ids of a .tar.bz2 and of the .conda with the same stem.
};

enum class WideField : std::uint32_t {
  build_number,
  size,
  timestamp,
  attributes,
  file_name  ///< A text id.
};
struct Wide {
  std::uint32_t record;
  WideField field;
  std::uint64_t value;
};

static_assert(sizeof(Row) == 28 && sizeof(Attributes) == 20);
static_assert(sizeof(Wide) == 16 && sizeof(Twin) == 8 && sizeof(NameEntry) == 8);
static_assert(sizeof(Summary) == 120 && sizeof(Header) % 8 == 0);
static_assert(std::has_unique_object_representations_v<Header>);  // no padding: bytes are compared
static_assert(std::has_unique_object_representations_v<Summary>);

/// The checksum that belongs into the header of `file`, which is at least a header long.
std::uint64_t checksum_of(std::span<const std::byte> file) noexcept;

}  // namespace envlock::index_layout
