#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace envlock {

/// One independent piece of a pack.
struct Frame {
  std::uint64_t written_bytes = 0;  ///< As it stands in the file.
  std::uint64_t bytes = 0;          ///< Decompressed.
  friend bool operator==(const Frame&, const Frame&) = default;
};

/// The table that ends a seekable zstd file, in a skippable frame that every reader passes over
/// (zstd's contrib/seekable_format, "Zstandard Seekable Format" 0.1.0), without checksums: frames
/// have their own.
/// @throws InternalError for a frame of 4 GiB or more
std::string write_seek_table(std::span<const Frame> frames);

/// A skippable frame of zeros, which every reader passes over. In a table it has no bytes.
/// @param written_bytes  all of it; at least `min_padding_bytes`, less than 4 GiB
std::string write_padding(std::uint64_t written_bytes);
inline constexpr std::size_t min_padding_bytes = 8;

/// Whether a frame of `written_bytes` that begins with `header` is such padding; its zeros are for
/// the caller to look at.
bool is_padding(std::span<const std::byte> header, std::uint64_t written_bytes) noexcept;

/// The size in bytes of the table's end, which says how large it is.
inline constexpr std::size_t seek_table_footer_bytes = 9;

/// How large the whole table is, by the last `seek_table_footer_bytes` of a file; nothing where
/// there is none.
std::optional<std::uint64_t> seek_table_size(std::span<const std::byte> footer) noexcept;

/// Reads a table. Nothing where it is none: broken, or with more than `max_frames`.
std::optional<std::vector<Frame>> read_seek_table(std::span<const std::byte> table);

}  // namespace envlock
