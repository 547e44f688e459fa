#include "solver/repodata_scanner.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace envlock {
namespace {

constexpr std::size_t block = 64;

/// One bit for each byte of a block.
struct Masks {
  std::uint64_t quote = 0, backslash = 0, open = 0, close = 0, comma = 0, minus = 0;
};

// '[' and '{', and ']' and '}', differ in this bit alone.
constexpr char bracket_bit = 0x20;

#if defined(__SSE2__)
Masks classify(const char* text) noexcept {
  Masks masks;
  const auto bits_equal = [](__m128i bytes, char wanted) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(
        _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)))));
  };
  for (unsigned part = 0; part < 4; ++part) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + part * 16));
    const __m128i brackets = _mm_or_si128(bytes, _mm_set1_epi8(bracket_bit));
    const unsigned shift = part * 16;
    masks.quote |= bits_equal(bytes, '"') << shift;
    masks.backslash |= bits_equal(bytes, '\\') << shift;
    masks.open |= bits_equal(brackets, '{') << shift;
    masks.close |= bits_equal(brackets, '}') << shift;
    masks.comma |= bits_equal(bytes, ',') << shift;
    masks.minus |= bits_equal(bytes, '-') << shift;
  }
  return masks;
}
#else
Masks classify(const char* text) noexcept {
  Masks masks;
  for (unsigned i = 0; i < block; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    const char byte = text[i];
    const char bracket = static_cast<char>(byte | bracket_bit);
    if (byte == '"') masks.quote |= bit;
    if (byte == '\\') masks.backslash |= bit;
    if (bracket == '{') masks.open |= bit;
    if (bracket == '}') masks.close |= bit;
    if (byte == ',') masks.comma |= bit;
    if (byte == '-') masks.minus |= bit;
  }
  return masks;
}
#endif

/// Bit i of the result is the parity of bits 0 to i: set from an opening quote to before its
/// closing one.
constexpr std::uint64_t prefix_xor(std::uint64_t bits) noexcept {
  for (unsigned shift = 1; shift < block; shift *= 2) bits ^= bits << shift;
  return bits;
}

/// Without the popcnt instruction, which the baseline of x86-64 lacks, the library's is a call.
constexpr std::uint32_t count_bits(std::uint64_t bits) noexcept {
  bits -= (bits >> 1U) & 0x5555555555555555ULL;
  bits = (bits & 0x3333333333333333ULL) + ((bits >> 2U) & 0x3333333333333333ULL);
  bits = (bits + (bits >> 4U)) & 0x0f0f0f0f0f0f0f0fULL;
  return static_cast<std::uint32_t>((bits * 0x0101010101010101ULL) >> 56U);
}

/// The bytes that a backslash before them escapes.
std::uint64_t escaped_bytes(std::uint64_t backslashes, bool& carry) noexcept {
  std::uint64_t escaped = carry ? 1 : 0;
  carry = false;
  for (; backslashes != 0; backslashes &= backslashes - 1) {
    const std::uint64_t bit = backslashes & (0 - backslashes);
    if ((escaped & bit) != 0) continue;
    escaped |= bit << 1U;
    carry = (bit >> (block - 1)) != 0;
  }
  return escaped;
}

}  // namespace

std::size_t skip_json_string(const char* text, std::size_t at, std::size_t size) noexcept {
  for (++at; at < size && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at < size ? at + 1 : size;
}

void MemberScanner::start(std::size_t at, std::uint32_t levels) noexcept {
  *this = MemberScanner();
  at_ = at;
  levels_ = levels;
}

MemberScanner::Stop MemberScanner::scan(const char* buffer, std::size_t size, std::size_t least_end,
                                        bool last) noexcept {
  for (; at_ + block <= size || (last && at_ < size); at_ += block) {
    const char* text = buffer + at_;
    std::array<char, block> tail;
    if (at_ + block > size) {
      tail.fill(' ');
      std::memcpy(tail.data(), text, size - at_);
      text = tail.data();
    }
    const Masks masks = classify(text);
    std::uint64_t quotes = masks.quote;
    if (masks.backslash != 0 || escape_carries_over_) {
      quotes &= ~escaped_bytes(masks.backslash, escape_carries_over_);
      backslashes_ |= masks.backslash;
    }
    const std::uint64_t strings = prefix_xor(quotes) ^ in_string_;
    in_string_ = 0 - (strings >> (block - 1));
    const std::uint64_t opens = masks.open & ~strings;
    const std::uint64_t closes = masks.close & ~strings;
    minuses_ |= masks.minus & ~strings;

    const std::uint32_t opened = count_bits(opens);
    const std::uint32_t closed = count_bits(closes);
    if (at_ + block <= least_end && closed <= depth_ && depth_ + opened <= levels_) {
      depth_ = depth_ + opened - closed;
      continue;  // nothing can stop here, in whatever order the brackets are
    }
    std::uint64_t commas = masks.comma & ~strings;
    if (at_ + block <= least_end) {
      commas = 0;
    } else if (at_ < least_end) {
      commas &= ~std::uint64_t{0} << (least_end - at_);
    }
    for (std::uint64_t bits = opens | closes | commas; bits != 0; bits &= bits - 1) {
      const std::uint64_t bit = bits & (0 - bits);
      stop_at_ = at_ + static_cast<std::size_t>(std::countr_zero(bit));
      if ((opens & bit) != 0) {
        if (depth_ == levels_) return Stop::too_deep;
        ++depth_;
      } else if ((closes & bit) != 0) {
        if (depth_ == 0) return Stop::close;
        --depth_;
      } else if (depth_ == 0) {
        return Stop::comma;
      }
    }
  }
  return Stop::none;
}

}  // namespace envlock
