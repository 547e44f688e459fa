#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace envlock {

/// The first 16 bytes of a .pyc of Python 3.7 and later (PEP 552).
struct ByteCodeHeader {
  enum class Check : std::uint8_t {
    source_time,     ///< Python compares the time and size of the source.
    checked_hash,    ///< Python compares a hash of the source.
    unchecked_hash,  ///< Python believes it, whatever the source is now.
  };
  std::uint16_t magic = 0;  ///< Grows with each change of the byte code.
  Check check = Check::source_time;
  std::uint32_t source_mtime_s = 0, source_size = 0;  ///< Of source_time, modulo 2^32.
  std::uint64_t source_hash = 0;                      ///< Of the others.
};

inline constexpr std::size_t byte_code_header_bytes = 16;

/// Nothing where these are no such header.
std::optional<ByteCodeHeader> parse_byte_code_header(std::span<const std::byte> bytes);

/// What the name of a file in __pycache__ says (PEP 3147, PEP 488).
struct ByteCodeName {
  std::string_view module;  ///< "abc" of "abc.cpython-311.opt-1.pyc"
  std::string_view tag;     ///< "cpython-311"
};
std::optional<ByteCodeName> parse_byte_code_name(std::string_view name) noexcept;

/// The magic number of released CPythons by tag ("cpython-311"); nothing for others.
std::optional<std::uint16_t> byte_code_magic(std::string_view tag) noexcept;

/// PEP 552's hash of a source: SipHash with the magic as key, of 2+4 rounds up to Python 3.10 and
/// 1+3 since.
std::uint64_t source_hash(std::string_view source, std::uint16_t magic) noexcept;

/// The source of a .pyc below a __pycache__ folder ("a/b.py" of "a/__pycache__/b.cpython-311.pyc"),
/// or of one beside it ("a/b.py" of "a/b.pyc"); nothing for another name.
std::optional<std::string> source_path_of(std::string_view byte_code_path);

}  // namespace envlock
