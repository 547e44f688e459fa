#include "tests/support/zip_bytes.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace envlock::test {
namespace {

constexpr std::uint16_t dos_date = (2023 - 1980) << 9U | 11U << 5U | 14U;  // 14 November 2023
constexpr std::uint32_t in_zip64 = std::numeric_limits<std::uint32_t>::max();

/// Little-endian, as all numbers of a zip.
template <class Number>
std::string le(Number value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    bytes += static_cast<char>((std::uint64_t{value} >> (8 * i)) & 0xFFU);
  return bytes;
}

std::string le16(std::uint64_t value) { return le(static_cast<std::uint16_t>(value)); }
/// A number that does not fit says so: the reader is to look for it in the zip64 field.
std::string le32(std::uint64_t value) {
  return le(static_cast<std::uint32_t>(std::min<std::uint64_t>(value, in_zip64)));
}

struct Sizes {
  std::uint32_t crc32;
  std::uint64_t compressed, whole;
};

Sizes sizes_of(const ZipMember& member, const ZipLies& lies) {
  return {lies.crc32.value_or(crc32_of(member.data)),
          lies.compressed_size.value_or(member.data.size()),
          lies.size.value_or(member.data.size())};
}

std::string version_flags_method(const ZipMember& member, const ZipLies& lies) {
  return le16(lies.version_needed.value_or(member.zip64 ? 45 : 20)) +
         le16(lies.flags.value_or(member.data_descriptor ? 8 : 0)) + le16(lies.method.value_or(0)) +
         le16(0) + le16(dos_date);
}

std::string zip64_field(const std::string& numbers) {
  return le16(1) + le16(numbers.size()) + numbers;
}

std::string sizes_text(const Sizes& sizes, bool zip64) {
  const bool hidden = zip64;
  return le(sizes.crc32) + le32(hidden ? in_zip64 : sizes.compressed) +
         le32(hidden ? in_zip64 : sizes.whole);
}

std::string local_part(const ZipMember& member) {
  const ZipLies& lies = member.local;
  Sizes sizes = sizes_of(member, lies);
  if (member.data_descriptor) {
    sizes = {lies.crc32.value_or(0), lies.compressed_size.value_or(0), lies.size.value_or(0)};
  }
  const std::string name = lies.name.value_or(member.name);
  const std::string extra =
      (member.zip64 ? zip64_field(le(sizes.whole) + le(sizes.compressed)) : std::string()) +
      lies.extra.value_or("");
  std::string bytes = "PK\x03\x04" + version_flags_method(member, lies) +
                      sizes_text(sizes, member.zip64) + le16(name.size()) + le16(extra.size()) +
                      name + extra + member.data;
  if (member.data_descriptor) {
    const Sizes real = sizes_of(member, {});
    bytes += "PK\x07\x08" + le(real.crc32);
    bytes += member.zip64 ? le(real.compressed) + le(real.whole)
                          : le32(real.compressed) + le32(real.whole);
  }
  return bytes;
}

std::string central_part(const ZipMember& member, std::uint64_t offset) {
  const ZipLies& lies = member.central;
  const Sizes sizes = sizes_of(member, lies);
  const std::string name = lies.name.value_or(member.name);
  const std::string extra =
      (member.zip64 ? zip64_field(le(sizes.whole) + le(sizes.compressed) + le(offset))
                    : std::string()) +
      lies.extra.value_or("");
  // Made on Unix.
  return "PK\x01\x02" + le16(3U << 8U | 45U) + version_flags_method(member, lies) +
         sizes_text(sizes, member.zip64) + le16(name.size()) + le16(extra.size()) +
         le16(member.comment.size()) + le16(0) + le16(0) + le(std::uint32_t{member.mode} << 16U) +
         le32(member.zip64 ? in_zip64 : offset) + name + extra + member.comment;
}

struct Directory {
  std::uint64_t entries, size, offset;
};

std::string end_part(const Directory& directory, std::uint64_t end_offset, const ZipShape& shape) {
  const std::uint16_t disk = shape.disk.value_or(0);
  std::string bytes;
  if (shape.zip64_end) {
    bytes += "PK\x06\x06" + le(std::uint64_t{44}) + le16(3U << 8U | 45U) + le16(45) +
             le(std::uint32_t{disk}) + le(std::uint32_t{disk}) + le(directory.entries) +
             le(directory.entries) + le(directory.size) + le(directory.offset);
    bytes += "PK\x06\x07" + le(std::uint32_t{disk}) + le(end_offset) + le(std::uint32_t{1});
  }
  const std::uint64_t entries = shape.zip64_end ? 0xFFFF : directory.entries;
  return bytes + "PK\x05\x06" + le16(disk) + le16(disk) + le16(entries) + le16(entries) +
         le32(shape.zip64_end ? in_zip64 : directory.size) +
         le32(shape.zip64_end ? in_zip64 : directory.offset) +
         le16(shape.comment_length.value_or(static_cast<std::uint16_t>(shape.comment.size()))) +
         shape.comment + shape.appended;
}

}  // namespace

std::uint32_t crc32_of(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < made.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit)
        value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes)
    crc = (crc >> 8U) ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  return ~crc;
}

std::string zip_of(const std::vector<ZipMember>& members, const ZipShape& shape) {
  const std::uint64_t skipped = shape.offsets_skip_prepended ? shape.prepended.size() : 0;
  std::string bytes = shape.prepended;
  std::string directory;
  std::uint64_t listed = 0;
  for (const ZipMember& member : members) {
    const std::uint64_t offset = member.offset.value_or(bytes.size() - skipped);
    if (member.is_present) bytes += local_part(member);
    if (!member.is_listed) continue;
    directory += central_part(member, offset);
    ++listed;
  }
  bytes += shape.before_directory;
  const Directory said = {shape.entries.value_or(listed),
                          shape.directory_size.value_or(directory.size()),
                          shape.directory_offset.value_or(bytes.size() - skipped)};
  bytes += directory;
  return bytes + end_part(said, bytes.size() - skipped, shape);
}

}  // namespace envlock::test
