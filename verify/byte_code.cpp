#include "verify/byte_code.hpp"

#include <utility>

#include "verify/expected_tree.hpp"

namespace envlock {
namespace {

constexpr std::string_view cache_folder = "__pycache__";
constexpr std::string_view ending = ".pyc";

/// SipHash's key, and what Python appends to its magic numbers so that text modes break them.
constexpr std::uint32_t magic_tail = 0x0A0D0000U;

template <class Number>
Number little_endian(std::span<const std::byte> bytes) noexcept {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number =
        static_cast<Number>(number | static_cast<Number>(static_cast<Number>(bytes[i]) << (8 * i)));
  return number;
}

constexpr std::uint64_t rotated(std::uint64_t value, unsigned bits) noexcept {
  return (value << bits) | (value >> (64U - bits));
}

/// SipHash by Aumasson and Bernstein (2012), with a key of 64 bits followed by zeros, as Python
/// keys it for sources.
class SipHash {
 public:
  SipHash(std::uint64_t key, int rounds, int last_rounds) noexcept
      : rounds_(rounds), last_rounds_(last_rounds) {
    v0_ ^= key;
    v2_ ^= key;
  }

  std::uint64_t operator()(std::string_view text) noexcept {
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8)
      absorb(little_endian<std::uint64_t>(bytes.subspan(at)), rounds_);
    std::array<std::byte, 8> rest{};
    for (std::size_t i = 0; at + i < bytes.size(); ++i) rest[i] = bytes[at + i];
    rest[7] = static_cast<std::byte>(bytes.size());
    absorb(little_endian<std::uint64_t>(rest), rounds_);
    v2_ ^= 0xFFU;
    for (int i = 0; i < last_rounds_; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void absorb(std::uint64_t word, int rounds) noexcept {
    v3_ ^= word;
    for (int i = 0; i < rounds; ++i) round();
    v0_ ^= word;
  }

  void round() noexcept {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = rotated(v1_, 13) ^ v0_;
    v3_ = rotated(v3_, 16) ^ v2_;
    v0_ = rotated(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = rotated(v1_, 17) ^ v2_;
    v3_ = rotated(v3_, 21) ^ v0_;
    v2_ = rotated(v2_, 32);
  }

  std::uint64_t v0_ = 0x736F6D6570736575U, v1_ = 0x646F72616E646F6DU, v2_ = 0x6C7967656E657261U,
                v3_ = 0x7465646279746573U;
  int rounds_, last_rounds_;
};

}  // namespace

std::optional<ByteCodeHeader> parse_byte_code_header(std::span<const std::byte> bytes) {
  if (bytes.size() < byte_code_header_bytes) return std::nullopt;
  const auto magic = little_endian<std::uint32_t>(bytes);
  const auto flags = little_endian<std::uint32_t>(bytes.subspan(4));
  if ((magic & 0xFFFF0000U) != magic_tail || flags > 3 || flags == 2) return std::nullopt;
  ByteCodeHeader header;
  header.magic = static_cast<std::uint16_t>(magic & 0xFFFFU);
  if (flags == 0) {
    header.source_mtime_s = little_endian<std::uint32_t>(bytes.subspan(8));
    header.source_size = little_endian<std::uint32_t>(bytes.subspan(12));
  } else {
    header.check =
        flags == 3 ? ByteCodeHeader::Check::checked_hash : ByteCodeHeader::Check::unchecked_hash;
    header.source_hash = little_endian<std::uint64_t>(bytes.subspan(8));
  }
  return header;
}

std::optional<ByteCodeName> parse_byte_code_name(std::string_view name) noexcept {
  if (!name.ends_with(ending)) return std::nullopt;
  name.remove_suffix(ending.size());
  // The module's own name may hold dots; the tag and the level of optimisation do not.
  std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && name.substr(dot + 1).starts_with("opt-")) {
    name = name.substr(0, dot);
    dot = name.rfind('.');
  }
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == name.size()) return std::nullopt;
  return ByteCodeName{name.substr(0, dot), name.substr(dot + 1)};
}

std::optional<std::uint16_t> byte_code_magic(std::string_view tag) noexcept {
  // Lib/importlib/_bootstrap_external.py lists them; each is final since the release candidates.
  constexpr std::array<std::pair<std::string_view, std::uint16_t>, 8> known{
      {{"cpython-37", 3394},
       {"cpython-38", 3413},
       {"cpython-39", 3425},
       {"cpython-310", 3439},
       {"cpython-311", 3495},
       {"cpython-312", 3531},
       {"cpython-313", 3571},
       {"cpython-314", 3627}}};
  for (const auto& [name, magic] : known) {
    if (name == tag) return magic;
  }
  return std::nullopt;
}

std::uint64_t source_hash(std::string_view source, std::uint16_t magic) noexcept {
  constexpr std::uint16_t first_of_311 = 3450;
  const bool is_short = magic >= first_of_311;
  return SipHash(magic_tail | magic, is_short ? 1 : 2, is_short ? 3 : 4)(source);
}

std::optional<std::string> source_path_of(std::string_view path) {
  if (!path.ends_with(ending)) return std::nullopt;
  const std::string_view folder = folder_of(path);
  if (name_of(folder) != cache_folder)
    return std::string(path.substr(0, path.size() - 1));  // "a/b.py"
  const auto name = parse_byte_code_name(name_of(path));
  if (!name) return std::nullopt;
  const std::string_view above = folder_of(folder);
  return (above.empty() ? std::string() : std::string(above) + '/') + std::string(name->module) +
         ".py";
}

}  // namespace envlock
