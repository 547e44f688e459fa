#include "model/text.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace envlock {
namespace {

void append_hex(std::string& out, std::uint32_t value, int least_digits) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (; value != 0 || static_cast<int>(text.size()) < least_digits; value >>= 4U)
    text += digits[value & 15U];
  out.append(text.rbegin(), text.rend());
}

/// Insertions, deletions, replacements and exchanges of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

char32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(at);
  std::size_t length = 1;
  char32_t code = first;
  if (first >= 0xF0 && first < 0xF5) {
    length = 4;
    code = first & 0x07U;
  } else if (first >= 0xE0) {
    length = first < 0xF0 ? 3 : 0;
    code = first & 0x0FU;
  } else if (first >= 0xC2) {
    length = 2;
    code = first & 0x1FU;
  } else if (first >= 0x80) {
    length = 0;
  }
  if (length == 0 || at + length > text.size()) {
    ++at;
    return no_code_point;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) {
      ++at;
      return no_code_point;
    }
    code = (code << 6U) | (byte(at + i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
    ++at;
    return no_code_point;
  }
  at += length;
  return code;
}

bool is_unsafe(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

std::optional<std::string> nearest_word(std::string_view word,
                                        std::span<const std::string_view> known) {
  if (word.size() > 128) return std::nullopt;  // no typo of anything, and the distance is quadratic
  const std::string wanted = to_lower(word);
  std::size_t best = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  std::optional<std::string> found;
  for (const std::string_view candidate : known) {
    const std::size_t longer = std::max(candidate.size(), wanted.size());
    if (longer - std::min(candidate.size(), wanted.size()) >= best) continue;
    if (const std::size_t distance = edit_distance(wanted, to_lower(candidate)); distance < best) {
      best = distance;
      found = std::string(candidate);
    }
  }
  return found;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() >= max_bytes) return out + "...";
    const std::size_t start = at;
    const char32_t code = next_code_point(text, at);
    if (code == no_code_point) {
      out += "\\x";
      append_hex(out, static_cast<std::uint8_t>(text[start]), 2);
    } else if (is_unsafe(code)) {
      out += code < 0x80 ? "\\x" : "\\u{";
      append_hex(out, code, code < 0x80 ? 2 : 4);
      if (code >= 0x80) out += '}';
    } else {
      out.append(text.substr(start, at - start));
    }
  }
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    if (next_code_point(text, at) == no_code_point) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view white = " \t\r\n\f\v";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  std::string text = std::to_string(number) + ' ';
  text += noun;
  if (number != 1) text += 's';
  return text;
}

}  // namespace envlock
