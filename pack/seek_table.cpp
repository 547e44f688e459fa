#include "pack/seek_table.hpp"

#include <limits>

#include "model/error.hpp"

namespace envlock {
namespace {

constexpr std::uint32_t skippable_magic = 0x184D2A5E;
constexpr std::uint32_t padding_magic = 0x184D2A50;
constexpr std::uint32_t seekable_magic = 0x8F92EAB1;
constexpr std::size_t header_bytes = 8;
static_assert(header_bytes == min_padding_bytes);
constexpr std::size_t entry_bytes = 8;
constexpr std::uint32_t max_frames = 0x8000000;  ///< The format's.

void put(std::string& out, std::uint64_t value) {
  if (value > std::numeric_limits<std::uint32_t>::max())
    throw InternalError("a frame of a pack is too large for its table");
  for (int i = 0; i < 4; ++i, value >>= 8U) out += static_cast<char>(value & 0xFFU);
}

/// Little-endian.
std::uint32_t take(std::span<const std::byte> bytes, std::size_t at) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = value << 8U | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

}  // namespace

std::string write_seek_table(std::span<const Frame> frames) {
  std::string out;
  put(out, skippable_magic);
  put(out, frames.size() * entry_bytes + seek_table_footer_bytes);
  for (const Frame& frame : frames) {
    put(out, frame.written_bytes);
    put(out, frame.bytes);
  }
  put(out, frames.size());
  out += '\0';  // no checksums
  put(out, seekable_magic);
  return out;
}

std::string write_padding(std::uint64_t written_bytes) {
  if (written_bytes < min_padding_bytes) throw InternalError("padding of a pack has no room");
  std::string out;
  put(out, padding_magic);
  put(out, written_bytes - min_padding_bytes);
  out.resize(static_cast<std::size_t>(written_bytes), '\0');
  return out;
}

bool is_padding(std::span<const std::byte> header, std::uint64_t written_bytes) noexcept {
  return header.size() >= min_padding_bytes && written_bytes >= min_padding_bytes &&
         take(header, 0) == padding_magic && take(header, 4) == written_bytes - min_padding_bytes;
}

std::optional<std::uint64_t> seek_table_size(std::span<const std::byte> footer) noexcept {
  if (footer.size() != seek_table_footer_bytes || take(footer, 5) != seekable_magic ||
      footer[4] != std::byte{0}) {
    return {};
  }
  const std::uint32_t frames = take(footer, 0);
  if (frames > max_frames) return {};
  return header_bytes + std::uint64_t{frames} * entry_bytes + seek_table_footer_bytes;
}

std::optional<std::vector<Frame>> read_seek_table(std::span<const std::byte> table) {
  if (table.size() < header_bytes + seek_table_footer_bytes) return {};
  const auto size = seek_table_size(table.last(seek_table_footer_bytes));
  if (!size || *size != table.size() || take(table, 0) != skippable_magic ||
      take(table, 4) != table.size() - header_bytes) {
    return {};
  }
  std::vector<Frame> frames;
  for (std::size_t at = header_bytes; at + seek_table_footer_bytes < table.size();
       at += entry_bytes) {
    frames.push_back({take(table, at), take(table, at + 4)});
  }
  return frames;
}

}  // namespace envlock
