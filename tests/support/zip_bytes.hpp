#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock::test {

/// What one of a member's two headers says where it is to be unlike the truth.
struct ZipLies {
  std::optional<std::string> name = {};
  std::optional<std::uint16_t> method = {};  ///< 0 stored, 8 deflated.
  std::optional<std::uint16_t> flags = {};   ///< Bit 0 encrypted, bit 3 data descriptor.
  std::optional<std::uint16_t> version_needed = {};
  std::optional<std::uint32_t> crc32 = {};
  std::optional<std::uint64_t> compressed_size = {}, size = {};
  std::optional<std::string> extra = {};  ///< Stands behind the zip64 field, if there is one.
};

/// A member of a zip file, stored. Nothing is checked; equal members give equal bytes.
struct ZipMember {
  std::string name;
  std::string data = {};
  ZipLies local = {};    ///< In the header before the data.
  ZipLies central = {};  ///< In the directory at the end.
  /// Sizes (and in the directory the offset) stand in a zip64 field, as rattler writes them.
  bool zip64 = false;
  /// The local header has no sizes and CRC; they follow the data (flag bit 3).
  bool data_descriptor = false;
  std::optional<std::uint64_t> offset = {};  ///< Of the local header, as the directory says.
  std::string comment = {};
  unsigned mode = 0100644;  ///< Of Unix, with the type.
  bool is_listed = true;    ///< In the directory.
  bool is_present = true;   ///< Local header and data; where not, give `offset`.
};

/// What is around the members.
struct ZipShape {
  std::string prepended = {};           ///< Before the first member; offsets count it,
  bool offsets_skip_prepended = false;  ///< or do not, as if it were put there later.
  std::string before_directory = {};    ///< Between the last member and the directory.
  std::string comment = {};             ///< Of the whole file.
  std::string appended = {};            ///< After the end.
  bool zip64_end = false;               ///< zip64 end record and locator before the usual end.
  std::optional<std::uint64_t> entries = {}, directory_size = {}, directory_offset = {};
  std::optional<std::uint16_t> disk = {};
  std::optional<std::uint16_t> comment_length = {};
};

/// The bytes of a zip file with these members, in this order.
std::string zip_of(const std::vector<ZipMember>& members, const ZipShape& shape = {});

/// The CRC of zip and gzip.
std::uint32_t crc32_of(std::string_view bytes);

}  // namespace envlock::test
