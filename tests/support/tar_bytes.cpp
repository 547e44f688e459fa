#include "tests/support/tar_bytes.hpp"

#include <algorithm>
#include <stdexcept>

namespace envlock::test {
namespace {

constexpr std::size_t block_bytes = 512;

/// Octal digits that leave room for the NUL at the end; larger numbers in base 256, as GNU and
/// libarchive write them.
std::string number(std::uint64_t value, TarField field) {
  std::string text(field.length, '\0');
  std::uint64_t rest = value;
  for (std::size_t i = field.length - 1; i-- > 0; rest >>= 3U)
    text[i] = static_cast<char>('0' + (rest & 7U));
  if (rest == 0) return text;
  for (std::size_t i = field.length; i-- > 1; value >>= 8U)
    text[i] = static_cast<char>(value & 0xFFU);
  text[0] = static_cast<char>(0x80);
  return text;
}

std::string checksum(std::string header, bool wrong) {
  put_field(header, tar_checksum, "        ");
  std::uint64_t sum = wrong ? 1 : 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  // Six digits, NUL, space: the form of POSIX's own examples.
  return number(sum, {0, 7}) + ' ';
}

std::string padded(std::string_view data) {
  std::string blocks(data);
  blocks.resize((data.size() + block_bytes - 1) / block_bytes * block_bytes);
  return blocks;
}

bool is_too_long(const std::string& text) { return text.size() > tar_name.length; }

/// The entries that must stand before this one.
std::string headers_before(const TarEntry& entry) {
  std::string blocks, records;
  const auto gnu = [&](char type, const std::string& text) {
    blocks += tar_entry_bytes({.name = "././@LongLink", .data = text + '\0', .type = type});
  };
  if (is_too_long(entry.link)) {
    if (entry.gnu_long_names)
      gnu('K', entry.link);
    else
      records += pax_record("linkpath", entry.link);
  }
  if (is_too_long(entry.name)) {
    if (entry.gnu_long_names)
      gnu('L', entry.name);
    else
      records += pax_record("path", entry.name);
  }
  for (const auto& [key, value] : entry.pax) records += pax_record(key, value);
  if (!records.empty())
    blocks += tar_entry_bytes({.name = "PaxHeaders/entry", .data = records, .type = 'x'});
  return blocks;
}

}  // namespace

void put_field(std::string& header, TarField field, std::string_view text) {
  if (text.size() > field.length) throw std::length_error("a field of a tar header is too short");
  std::string whole(text);
  whole.resize(field.length);
  header.replace(field.offset, field.length, whole);
}

std::string pax_record(std::string_view key, std::string_view value,
                       std::optional<std::size_t> length) {
  const std::string rest = " " + std::string(key) + "=" + std::string(value) + "\n";
  if (length) return std::to_string(*length) + rest;
  // The length counts its own digits.
  std::size_t total = rest.size() + 1;
  while (std::to_string(total).size() + rest.size() != total) ++total;
  return std::to_string(total) + rest;
}

std::string tar_entry_bytes(const TarEntry& entry) {
  std::string header(block_bytes, '\0');
  put_field(header, tar_name, std::string_view(entry.name).substr(0, tar_name.length));
  put_field(header, tar_mode, number(entry.mode, tar_mode));
  put_field(header, tar_uid, number(entry.uid, tar_uid));
  put_field(header, tar_gid, number(entry.gid, tar_gid));
  put_field(header, tar_size, number(entry.size.value_or(entry.data.size()), tar_size));
  put_field(header, tar_mtime, number(static_cast<std::uint64_t>(entry.mtime_s), tar_mtime));
  put_field(header, tar_type, std::string_view(&entry.type, 1));
  put_field(header, tar_link, std::string_view(entry.link).substr(0, tar_link.length));
  using namespace std::string_view_literals;
  put_field(header, tar_magic, entry.gnu_long_names ? "ustar  \0"sv : "ustar\00000"sv);
  if (entry.edit) entry.edit(header);
  put_field(header, tar_checksum, checksum(header, entry.wrong_checksum));
  return headers_before(entry) + header + padded(entry.data);
}

std::string tar_of(const std::vector<TarEntry>& entries) {
  std::string bytes;
  for (const TarEntry& entry : entries) bytes += tar_entry_bytes(entry);
  return bytes + std::string(2 * block_bytes, '\0');
}

}  // namespace envlock::test
