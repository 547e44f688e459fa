#include "pack/tar_header.hpp"

#include <charconv>
#include <set>

namespace envlock {
namespace {

using namespace std::string_view_literals;

struct Field {
  std::size_t at, length;
};

// POSIX.1-2017, pax, "ustar Interchange Format".
constexpr Field name_field{0, 100}, mode_field{100, 8}, size_field{124, 12}, mtime_field{136, 12},
    checksum_field{148, 8}, link_field{157, 100}, magic_field{257, 8}, prefix_field{345, 155};
constexpr std::size_t type_at = 156;

std::string_view bytes_of(std::string_view block, Field field) {
  return block.substr(field.at, field.length);
}

/// Up to the first NUL: writers that use a block again leave the end of a longer name behind it.
std::string_view text_of(std::string_view block, Field field) {
  const std::string_view bytes = bytes_of(block, field);
  return bytes.substr(0, bytes.find('\0'));
}

/// Octal digits between blanks, NUL or space at the end; none is 0. Nothing where it is otherwise,
/// or negative or above 2^63.
std::optional<std::uint64_t> number_of(std::string_view block, Field field) {
  std::string_view bytes = bytes_of(block, field);
  const auto first = static_cast<unsigned char>(bytes.front());
  std::uint64_t value = 0;
  if ((first & 0x80U) != 0) {  // GNU: the rest is one number in base 256; bit 6 is its sign
    if (first != 0x80U) return std::nullopt;
    for (const char byte : bytes.substr(1)) {
      if (value >> 55U != 0) return std::nullopt;
      value = value << 8U | static_cast<unsigned char>(byte);
    }
    return value;
  }
  bytes.remove_prefix(std::min(bytes.find_first_not_of(' '), bytes.size()));
  while (!bytes.empty() && bytes.front() >= '0' && bytes.front() <= '7') {
    value = value << 3U | static_cast<unsigned>(bytes.front() - '0');
    bytes.remove_prefix(1);
  }
  if (bytes.find_first_not_of("\0 "sv) != std::string_view::npos) return std::nullopt;
  return value;
}

std::uint64_t sum_of(std::string_view block) {
  std::uint64_t sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  // The field itself counts as blanks.
  for (const char byte : bytes_of(block, checksum_field)) sum -= static_cast<unsigned char>(byte);
  return sum + checksum_field.length * ' ';
}

/// A name that a header replaces: of the member, or of what a link names.
std::optional<TarFault> take_name(std::string_view value, std::optional<std::string>& to) {
  if (value.empty() || value.find('\0') != std::string_view::npos)
    return TarFault{"has an empty name or a NUL in a PAX header", "A18"};
  to = std::string(value);
  return std::nullopt;
}

std::optional<TarFault> take_record(std::string_view key, std::string_view value,
                                    PaxRecords& records) {
  if (key == "path") return take_name(value, records.path);
  if (key == "linkpath") return take_name(value, records.link);
  if (key == "size") {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (value.empty() || error != std::errc() || end != value.data() + value.size())
      return TarFault{"has a size in a PAX header that is no number", "A18"};
    records.size_bytes = size;
    return std::nullopt;
  }
  if (key.starts_with("GNU.sparse.") || key == "SCHILY.realsize" || key == "SUN.holesdata")
    return TarFault{"is a sparse file", "A17"};
  if (key.starts_with("GNU.volume.") || key == "GNU.dumpdir" || key == "SCHILY.filetype")
    return TarFault{"is of a type that a package has no use for", "A14"};
  if (key.find(".xattr.security.") != std::string_view::npos ||
      key.starts_with("RHT.security.selinux"))
    return TarFault{"brings security attributes", "A16"};
  if (key == "hdrcharset" && value != "ISO-IR 10646 2000 UTF-8")
    return TarFault{"has names in another character set than UTF-8", "A18"};
  return std::nullopt;
}

}  // namespace

std::optional<TarFault> read_tar_header(std::span<const std::byte, tar_block_bytes> bytes,
                                        TarHeader& header) {
  const std::string_view block(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (number_of(block, checksum_field) != sum_of(block))
    return TarFault{"a tar header is damaged, or is none", "C09"};
  const std::string_view magic = bytes_of(block, magic_field);
  const bool is_posix = magic == "ustar\00000"sv;
  // GNU's form has times where POSIX has the start of the name.
  if (!is_posix && magic != "ustar  \0"sv)
    return TarFault{"a tar header is of no known form", "C09"};
  const std::string_view prefix = is_posix ? text_of(block, prefix_field) : ""sv;
  header.name = std::string(prefix) + (prefix.empty() ? "" : "/");
  header.name += text_of(block, name_field);
  header.link = text_of(block, link_field);
  header.type = block[type_at] == '\0' ? '0' : block[type_at];
  const auto mode = number_of(block, mode_field);
  if (!mode) return TarFault{"has a mode that is no octal number", "C09"};
  header.mode = static_cast<unsigned>(*mode & 07777U);
  const auto size = number_of(block, size_field);
  if (!size) return TarFault{"has a size that is negative, too large or no octal number", "C09"};
  header.size_bytes = *size;
  constexpr std::uint64_t latest = max_octal_size;
  header.mtime_s =
      static_cast<std::int64_t>(std::min(number_of(block, mtime_field).value_or(0), latest));
  return std::nullopt;
}

std::optional<TarFault> read_pax_records(std::string_view text, PaxRecords& records) {
  const TarFault broken{"has a broken PAX header", "A18"};
  std::set<std::string_view> keys;
  while (!text.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return broken;
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (length > text.size() || length < digits + 4) return broken;
    const std::string_view record = text.substr(digits + 1, length - digits - 1);
    const std::size_t equals = record.find('=');
    if (record.back() != '\n' || equals == 0 || equals == std::string_view::npos) return broken;
    const std::string_view key = record.substr(0, equals);
    if (!keys.insert(key).second)
      return TarFault{"says '" + std::string(key) + "' twice in a PAX header", "A18"};
    const std::string_view value = record.substr(equals + 1, record.size() - equals - 2);
    if (auto fault = take_record(key, value, records)) return fault;
    text.remove_prefix(length);
  }
  return std::nullopt;
}

}  // namespace envlock
