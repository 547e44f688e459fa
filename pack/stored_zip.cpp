#include "pack/stored_zip.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "model/text.hpp"
#include "pack/refusal.hpp"

namespace envlock {
namespace {

// Lengths, signatures and offsets: APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16.
constexpr std::size_t local_bytes = 30, central_bytes = 46, end_bytes = 22, locator_bytes = 20,
                      end64_bytes = 56;
constexpr std::uint32_t local_magic = 0x04034b50, central_magic = 0x02014b50,
                        end_magic = 0x06054b50, locator_magic = 0x07064b50,
                        end64_magic = 0x06064b50, descriptor_magic = 0x08074b50;
constexpr std::uint64_t in_zip64_16 = 0xFFFF, in_zip64_32 = 0xFFFFFFFF;
constexpr std::uint64_t flag_encrypted = 1, flag_descriptor = 8, flag_utf8 = 0x800;

/// A .conda has three members; more are refused by name, this bounds what is read for that.
constexpr std::uint64_t max_entries = 16;
constexpr std::uint64_t max_directory_bytes = 64U << 10U;
/// A name of 4,096 bytes, an extra field and a header take less.
constexpr std::uint64_t max_wheel_directory_bytes = std::uint64_t{256} << 20U;
constexpr std::uint64_t stored = 0, deflated = 8;
/// How hard the deflater tried.
constexpr std::uint64_t flags_deflate = 6;

/// What a zip file is for, and may so have.
struct ZipUse {
  std::uint64_t max_entries, max_directory_bytes;
  bool is_wheel;
};

/// Little-endian numbers of a record, bounds checked by the span.
class Fields {
 public:
  explicit Fields(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t number(std::size_t at, std::size_t length) const {
    const auto part_bytes = bytes_.subspan(at, length);
    std::uint64_t value = 0;
    for (std::size_t i = length; i-- > 0;)
      value = value << 8U | std::to_integer<std::uint64_t>(part_bytes[i]);
    return value;
  }
  [[nodiscard]] std::uint64_t u16(std::size_t at) const { return number(at, 2); }
  [[nodiscard]] std::uint64_t u32(std::size_t at) const { return number(at, 4); }
  [[nodiscard]] std::uint64_t u64(std::size_t at) const { return number(at, 8); }
  [[nodiscard]] std::string_view text(std::size_t at, std::size_t length) const {
    const auto part = bytes_.subspan(at, length);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  [[nodiscard]] std::span<const std::byte> part(std::size_t at, std::size_t length) const {
    return bytes_.subspan(at, length);
  }

 private:
  std::span<const std::byte> bytes_;
};

struct Directory {
  std::uint64_t entries = 0, size = 0, offset = 0;
};

/// What one header says of a member.
struct Header {
  std::string name;
  std::uint64_t flags = 0, method = 0, crc32 = 0, stored_size = 0, size = 0;
  std::uint64_t offset = 0;  ///< Of the local header; said by the directory alone.
  unsigned mode = 0;         ///< By the directory alone, too.
};

class ZipReader {
 public:
  ZipReader(const ReadAt& read_at, std::uint64_t file_size, const std::string& package,
            const ZipUse& use)
      : read_at_(read_at), file_size_(file_size), package_(package), use_(use) {}

  std::vector<StoredMember> read() {
    const auto [directory, directory_end] = read_end();
    if (directory.entries > use_.max_entries || directory.size > use_.max_directory_bytes)
      fail("",
           "has " + std::to_string(directory.entries) + " members, expected " +
               (use_.is_wheel ? "at most " + std::to_string(use_.max_entries) : "three"),
           use_.is_wheel ? "A25" : "Z02");
    if (directory.offset > directory_end || directory_end - directory.offset != directory.size)
      fail("", "its zip directory does not end where its end record begins", "Z05");

    std::vector<Header> headers = read_directory(directory);
    std::sort(headers.begin(), headers.end(),
              [](const Header& a, const Header& b) { return a.offset < b.offset; });
    std::vector<StoredMember> members;
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < headers.size(); ++i) {
      if (headers[i].offset != at)
        fail(headers[i].name,
             headers[i].offset < at ? "overlaps the member before it"
                                    : "does not follow the member before it, or the file's start",
             headers[i].offset < at ? "Z06" : "Z05");
      const std::uint64_t end = i + 1 < headers.size() ? headers[i + 1].offset : directory.offset;
      if (end > directory.offset || end < at)
        fail(headers[i].name, "overlaps the zip directory", "Z06");
      members.push_back(read_local(headers[i], end));
      at = end;
    }
    if (at != directory.offset) fail("", "has bytes that belong to no member", "Z05");
    return members;
  }

 private:
  [[noreturn]] void fail(std::string_view member, const std::string& what,
                         std::string_view rule) const {
    refuse(package_, member, what, rule);
  }

  std::vector<std::byte> bytes_at(std::uint64_t offset, std::uint64_t size) const {
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    read_at_(offset, bytes);
    return bytes;
  }

  /// The directory's place, and where the records of the end begin.
  std::pair<Directory, std::uint64_t> read_end() const {
    if (file_size_ < end_bytes) fail("", "is too short for a zip file", "C08");
    const std::uint64_t end_at = file_size_ - end_bytes;
    const auto bytes = bytes_at(end_at, end_bytes);
    const Fields end(bytes);
    // A comment could hold another end record, bytes behind it another file.
    if (end.u32(0) != end_magic || end.u16(20) != 0)
      fail("", "is no zip file that ends with its end record", "Z05");
    if (end.u16(4) != 0 || end.u16(6) != 0 || end.u16(8) != end.u16(10))
      fail("", "is a part of a divided zip file", "Z04");
    const Directory said{end.u16(10), end.u32(12), end.u32(16)};
    if (const auto wide = read_end64(end_at)) {
      const auto agrees = [](std::uint64_t narrow, std::uint64_t value, std::uint64_t marker) {
        return narrow == marker || narrow == value;
      };
      if (!agrees(said.entries, wide->first.entries, in_zip64_16) ||
          !agrees(said.size, wide->first.size, in_zip64_32) ||
          !agrees(said.offset, wide->first.offset, in_zip64_32))
        fail("", "its two end records do not agree", "Z04");
      return *wide;
    }
    return {said, end_at};
  }

  /// Of ZIP64, where its locator stands before the end record.
  std::optional<std::pair<Directory, std::uint64_t>> read_end64(std::uint64_t end_at) const {
    if (end_at < locator_bytes + end64_bytes) return std::nullopt;
    const auto locator_data = bytes_at(end_at - locator_bytes, locator_bytes);
    const Fields locator(locator_data);
    if (locator.u32(0) != locator_magic) return std::nullopt;
    const std::uint64_t at = end_at - locator_bytes - end64_bytes;
    const auto data = bytes_at(at, end64_bytes);
    const Fields end64(data);
    if (locator.u32(4) != 0 || locator.u64(8) != at || locator.u32(16) != 1 ||
        end64.u32(0) != end64_magic || end64.u64(4) != end64_bytes - 12 || end64.u32(16) != 0 ||
        end64.u32(20) != 0 || end64.u64(24) != end64.u64(32))
      fail("", "its ZIP64 end record is not where its locator says, or is none", "Z04");
    return std::pair{Directory{end64.u64(32), end64.u64(40), end64.u64(48)}, at};
  }

  std::vector<Header> read_directory(const Directory& directory) {
    const auto bytes = bytes_at(directory.offset, directory.size);
    std::span<const std::byte> rest = bytes;
    std::vector<Header> headers;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      if (rest.size() < central_bytes || Fields(rest).u32(0) != central_magic)
        fail("", "its zip directory holds less than it says", "Z04");
      const Fields entry(rest);
      const std::size_t name_size = entry.u16(28), extra_size = entry.u16(30);
      const std::size_t total = central_bytes + name_size + extra_size;
      if (rest.size() < total) fail("", "its zip directory holds less than it says", "Z04");
      Header header{std::string(entry.text(central_bytes, name_size)),
                    entry.u16(8),
                    entry.u16(10),
                    entry.u32(16),
                    entry.u32(20),
                    entry.u32(24),
                    entry.u32(42),
                    static_cast<unsigned>(entry.u16(40))};
      if (entry.u16(32) != 0) fail(header.name, "has a comment", "Z05");
      if (entry.u16(34) != 0) fail(header.name, "lies in another part of a divided file", "Z04");
      std::array<std::uint64_t*, 3> wide{&header.size, &header.stored_size, &header.offset};
      read_extra(header.name, entry.part(central_bytes + name_size, extra_size), wide);
      check(header);
      headers.push_back(std::move(header));
      rest = rest.subspan(total);
    }
    if (!rest.empty()) fail("", "its zip directory holds more than it says", "Z05");
    return headers;
  }

  /// Replaces those of `wide` that say so by the values of the ZIP64 field (APPNOTE.TXT, 4.5.3).
  void read_extra(const std::string& name, std::span<const std::byte> extra,
                  std::span<std::uint64_t* const> wide) const {
    bool seen = false;
    while (!extra.empty()) {
      if (extra.size() < 4) fail(name, "has a broken extra field", "Z04");
      const Fields field(extra);
      const std::size_t size = field.u16(2);
      if (size > extra.size() - 4) fail(name, "has a broken extra field", "Z04");
      // Info-ZIP's Unicode path: a second name, which other readers would follow.
      if (field.u16(0) == 0x7075) fail(name, "has a second name in an extra field", "Z01");
      if (field.u16(0) == 1) {
        if (std::exchange(seen, true)) fail(name, "has two ZIP64 fields", "Z04");
        std::size_t at = 4;
        for (std::uint64_t* const value : wide) {
          if (*value != in_zip64_32) continue;
          if (at + 8 > size + 4) fail(name, "has a ZIP64 field that is too short", "Z04");
          *value = field.u64(at);
          at += 8;
        }
        if (at != size + 4) fail(name, "has a ZIP64 field that is too long", "Z04");
      }
      extra = extra.subspan(4 + size);
    }
  }

  void check(const Header& header) {
    const std::string& name = header.name;
    if (!use_.is_wheel &&
        (name.empty() || name.find_first_of("/\\:") != std::string::npos || name == "." ||
         name == ".." || !is_utf8(name) || printable(name) != name))
      fail(name, "is no plain file name", "Z09");
    if (!names_.insert(name).second) fail(name, "is there twice", "Z02");
    if ((header.flags & flag_encrypted) != 0) fail(name, "is encrypted", "Z04");
    const std::uint64_t allowed =
        flag_descriptor | flag_utf8 |
        (use_.is_wheel && header.method == deflated ? flags_deflate : std::uint64_t{0});
    if ((header.flags & ~allowed) != 0)
      fail(name,
           std::string("has zip flags that a ") + (use_.is_wheel ? "wheel" : ".conda") +
               " has no use for",
           "Z04");
    if (use_.is_wheel && header.method == deflated) return;
    if (header.method != stored)
      fail(name,
           use_.is_wheel ? "is compressed by method " + std::to_string(header.method) +
                               ", expected stored or deflated"
                         : "is compressed by the zip, expected stored",
           "Z03");
    if (header.size != header.stored_size)
      fail(name, "is stored, and has another size than it says", "Z03");
  }

  /// @param end  where the next member, or the directory, begins
  StoredMember read_local(const Header& central, std::uint64_t end) const {
    const std::string& name = central.name;
    // The header before the data has the same name; its extra field is up to 64 KiB.
    const std::uint64_t fixed = local_bytes + name.size();
    if (end - central.offset < fixed) fail(name, "overlaps what follows it", "Z06");
    const auto bytes = bytes_at(central.offset, fixed);
    const Fields local(bytes);
    if (local.u32(0) != local_magic) fail(name, "is not where the zip directory says", "Z01");
    if (local.u16(26) != name.size() || local.text(local_bytes, name.size()) != name)
      fail(name, "has another name in the header before its data", "Z01");
    if (local.u16(6) != central.flags || local.u16(8) != central.method)
      fail(name, "has other flags or another method in the header before its data", "Z01");
    const std::uint64_t extra_size = local.u16(28);
    if (end - central.offset - fixed < extra_size) fail(name, "overlaps what follows it", "Z06");
    const auto extra = bytes_at(central.offset + fixed, extra_size);
    Header said{name, central.flags, central.method, local.u32(14), local.u32(18), local.u32(22)};
    std::array<std::uint64_t*, 2> wide{&said.size, &said.stored_size};
    read_extra(name, extra, wide);

    const std::uint64_t data_at = central.offset + fixed + extra_size;
    const std::uint64_t room = end - data_at;
    if (central.stored_size > room)
      fail(name, "overlaps what follows it, or the file's end", "Z06");
    const bool same = said.crc32 == central.crc32 && said.size == central.size &&
                      said.stored_size == central.stored_size;
    if ((central.flags & flag_descriptor) != 0) {
      const bool open = said.crc32 == 0 && said.size == 0 && said.stored_size == 0;
      if (!same && !open)
        fail(name, "has another size or CRC in the header before its data", "Z01");
      check_descriptor(central, data_at + central.stored_size, room - central.stored_size);
    } else {
      if (!same) fail(name, "has another size or CRC in the header before its data", "Z01");
      if (room != central.stored_size) fail(name, "is followed by bytes of no member", "Z05");
    }
    return {name,
            data_at,
            central.stored_size,
            static_cast<std::uint32_t>(central.crc32),
            central.method == deflated,
            central.size,
            central.mode};
  }

  /// CRC and sizes behind the data (APPNOTE.TXT 4.3.9): with or without a signature, narrow or
  /// wide; which of them is told by the room that there is.
  void check_descriptor(const Header& central, std::uint64_t at, std::uint64_t size) const {
    const bool sound = size == 12 || size == 16 || size == 20 || size == 24;
    if (!sound) fail(central.name, "has no data descriptor of a known length", "Z04");
    const auto bytes = bytes_at(at, size);
    const Fields fields(bytes);
    const bool is_signed = size % 8 == 0;
    const std::size_t from = is_signed ? 4 : 0;
    const std::size_t width = size >= 20 ? 8 : 4;
    if ((is_signed && fields.u32(0) != descriptor_magic) || fields.u32(from) != central.crc32 ||
        fields.number(from + 4, width) != central.stored_size ||
        fields.number(from + 4 + width, width) != central.size)
      fail(central.name, "has a data descriptor that is unlike the zip directory", "Z04");
  }

  const ReadAt& read_at_;
  std::uint64_t file_size_;
  const std::string& package_;
  const ZipUse& use_;
  std::unordered_set<std::string> names_;
};

}  // namespace

std::vector<StoredMember> read_stored_zip(const ReadAt& read_at, std::uint64_t file_size,
                                          const std::string& package) {
  const ZipUse use{max_entries, max_directory_bytes, false};
  return ZipReader(read_at, file_size, package, use).read();
}

std::vector<StoredMember> read_wheel_zip(const ReadAt& read_at, std::uint64_t file_size,
                                         const std::string& package,
                                         std::uint64_t max_wheel_entries) {
  const ZipUse use{max_wheel_entries, max_wheel_directory_bytes, true};
  return ZipReader(read_at, file_size, package, use).read();
}

}  // namespace envlock
