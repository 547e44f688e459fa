#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace envlock {

inline constexpr std::size_t tar_block_bytes = 512;
/// The largest size that the field of a header can say in octal; beyond, a PAX record says it.
inline constexpr std::uint64_t max_octal_size = 077777777777;

/// What one 512-byte header says (POSIX ustar, and GNU's older form), or is found to be wrong with.
struct TarHeader {
  std::string name, link;
  char type = '0';
  unsigned mode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_s = 0;  ///< Seconds since 1970; 0 where it is no octal number.
};

struct TarFault {
  std::string what;
  std::string_view rule;
};

/// Reads a header that is not all zeros. The owner is not looked at, and the time not judged:
/// of packages neither is restored (A15, A29). Numbers must be octal, or GNU's base 256 and not
/// negative (C09, A17).
/// @param header  is filled as far as it could be read, also where there is a fault
std::optional<TarFault> read_tar_header(std::span<const std::byte, tar_block_bytes> block,
                                        TarHeader& header);

/// Those records of a PAX extended header that change what an entry is.
struct PaxRecords {
  std::optional<std::string> path, link;
  std::optional<std::uint64_t> size_bytes;
  [[nodiscard]] bool empty() const noexcept { return !path && !link && !size_bytes; }
};

/// Reads the records "LENGTH KEY=VALUE\n" (POSIX pax, "pax Extended Header"). Refused are broken
/// ones, a key twice, NUL in names, other character sets (A18), sparse files in any dialect (A17)
/// and file capabilities (A16). Times, owners, other attributes and comments are skipped.
std::optional<TarFault> read_pax_records(std::string_view text, PaxRecords& records);

}  // namespace envlock
