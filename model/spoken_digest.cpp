#include "model/spoken_digest.hpp"

#include <string_view>

namespace envlock {

namespace {

constexpr std::string_view spoken_digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

}  // namespace

std::string spoken_digest(const Sha256& sha256) {
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  std::size_t next = 0;
  for (int i = 0; i < 16; ++i) {
    if (bits < 5) {
      held = held << 8U | sha256.bytes()[next++];
      bits += 8;
    }
    bits -= 5;
    if (i > 0 && i % 4 == 0) out += '-';
    out += spoken_digits[held >> bits & 31U];
  }
  return out;
}

std::optional<bool> is_digest_of(std::string_view typed, const Sha256& sha256) {
  std::string letters;
  for (const char c : typed) {
    if (c == '-' || c == ' ') continue;
    const bool is_small = c >= 'a' && c <= 'z';
    letters += is_small ? static_cast<char>(c - 'a' + 'A') : c;
  }
  constexpr std::size_t spoken_letters = 16;
  constexpr std::size_t hex_digits = 64;
  const bool is_spoken = letters.size() == spoken_letters;
  if (!is_spoken && letters.size() != hex_digits) return std::nullopt;
  std::string wanted;
  for (const char c : is_spoken ? spoken_digest(sha256) : sha256.hex()) {
    if (c == '-') continue;
    wanted += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  for (char& c : letters) {
    if (is_spoken && c == 'O') c = '0';
    if (is_spoken && (c == 'I' || c == 'L')) c = '1';
    const std::string_view allowed = is_spoken ? spoken_digits : spoken_digits.substr(0, 16);
    if (allowed.find(c) == std::string_view::npos) return std::nullopt;
  }
  return letters == wanted;
}

}  // namespace envlock
