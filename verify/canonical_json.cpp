#include "verify/canonical_json.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "model/error.hpp"
#include "model/text.hpp"
#include "verify/canonical_number.hpp"

namespace envlock {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_plain(char c) noexcept { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

void append_utf8(std::string& out, char32_t c) {
  const auto byte = [&](char32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0U | (c >> 6U));
  } else {
    if (c < 0x10000) {
      byte(0xE0U | (c >> 12U));
    } else {
      byte(0xF0U | (c >> 18U));
      byte(0x80U | ((c >> 12U) & 0x3FU));
    }
    byte(0x80U | ((c >> 6U) & 0x3FU));
  }
  byte(0x80U | (c & 0x3FU));
}

void append_escape(std::string& out, char32_t unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (unsigned shift = 16; shift != 0;) out += digits[(unit >> (shift -= 4)) & 15U];
}

void append_canonical_text(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const char first = text[at];
    if (is_plain(first)) {
      out += first;
      ++at;
      continue;
    }
    constexpr std::string_view letters = "\"\\\b\t\n\f\r";
    if (const std::size_t i = letters.find(first); i != std::string_view::npos) {
      out += '\\';
      out += std::string_view("\"\\btnfr")[i];
      ++at;
      continue;
    }
    const char32_t c = next_code_point(text, at);
    if (c < 0x10000) {
      append_escape(out, c);
    } else {
      append_escape(out, 0xD800 + ((c - 0x10000) >> 10U));
      append_escape(out, 0xDC00 + ((c - 0x10000) & 0x3FFU));
    }
  }
  out += '"';
}

/// Goes through one JSON value once, checks it, and writes its canonical form where asked to.
class Walker {
 public:
  /// @param out  null: only check
  Walker(std::string_view text, std::string* out) : text_(text), out_(out) {}

  void document() {
    space();
    value(0);
    end_of_text();
  }

  /// The top's members; false where it is no object.
  bool top_members(std::vector<JsonMember>& members) {
    space();
    if (peek() != '{') {
      value(0);
      end_of_text();
      return false;
    }
    top_ = &members;
    value(0);
    end_of_text();
    return true;
  }

  std::string text_token() {
    space();
    std::string text(string());
    end_of_text();
    return text;
  }

 private:
  struct Part {  ///< A member of an object that is being written.
    std::string key;
    std::size_t begin;
    std::size_t end;
  };

  [[noreturn]] void fail(const std::string& message) const {
    throw InputError("byte " + std::to_string(at_) + ": " + message);
  }
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void space() noexcept {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != text_.npos) ++at_;
  }
  void expect(char c) {
    if (at_ == text_.size() || text_[at_] != c) fail(std::string("expected '") + c + "'");
    ++at_;
  }
  void end_of_text() {
    space();
    if (at_ != text_.size()) fail("expected the end of the value");
  }
  void write(std::string_view text) {
    if (out_ != nullptr) *out_ += text;
  }
  void new_line(std::size_t depth) {
    if (out_ == nullptr) return;
    *out_ += '\n';
    out_->append(2 * depth, ' ');
  }

  // Recursion ends at max_json_depth.
  void value(std::size_t depth) {
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"': {
        const std::string_view text = string();
        if (out_ != nullptr) append_canonical_text(*out_, text);
        return;
      }
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  void word(std::string_view name) {
    if (text_.substr(at_, name.size()) != name) fail("expected a value");
    at_ += name.size();
    write(name);
  }

  void digits() {
    if (!is_digit(peek())) fail("expected a value");
    while (is_digit(peek())) ++at_;
  }

  void number() {
    const std::size_t start = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else {
      digits();
    }
    if (peek() == '.') {
      ++at_;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
    if (out_ == nullptr) return;
    const std::string_view text = text_.substr(start, at_ - start);
    if (!is_canonical_number(text)) {
      at_ = start;
      fail("the number " + std::string(text.substr(0, 40)) + " is not written as it is signed");
    }
    *out_ += text;
  }

  char32_t hex4() {
    if (text_.size() - at_ < 4) fail("expected four hex digits");
    char32_t unit = 0;
    for (unsigned i = 0; i < 4; ++i, ++at_) {
      const char c = text_[at_];
      const bool is_letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!is_digit(c) && !is_letter) fail("expected four hex digits");
      unit = unit * 16 + static_cast<char32_t>(is_letter ? (c & 0x1F) + 9 : c - '0');
    }
    return unit;
  }

  void escape() {
    constexpr std::string_view letters = "\"\\/btnfr";
    const char c = peek();
    const std::size_t i = letters.find(c);
    if (c != 'u' && i == std::string_view::npos) fail("unknown escape in a text");
    ++at_;
    if (c != 'u') {
      decoded_ += std::string_view("\"\\/\b\t\n\f\r")[i];
      return;
    }
    char32_t unit = hex4();
    if (unit >= 0xD800 && unit < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      at_ += 2;
      const char32_t low = hex4();
      if (low < 0xDC00 || low > 0xDFFF) fail("half a surrogate pair in a text");
      unit = 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00);
    } else if (unit >= 0xD800 && unit < 0xE000) {
      fail("half a surrogate pair in a text");
    }
    append_utf8(decoded_, unit);
  }

  /// The text of a string; valid until the next one is read.
  std::string_view string() {
    expect('"');
    const std::size_t start = at_;
    while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
    if (peek() == '"') return text_.substr(start, at_++ - start);
    decoded_.assign(text_.substr(start, at_ - start));
    while (peek() != '"') {
      if (at_ == text_.size()) fail("expected '\"'");
      const char c = text_[at_];
      if (c == '\\') {
        ++at_;
        escape();
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20) fail("a control character in a text");
      std::size_t after = at_;
      if (next_code_point(text_, after) == no_code_point) fail("bytes that are not UTF-8");
      decoded_.append(text_.substr(at_, after - at_));
      at_ = after;
    }
    ++at_;
    return decoded_;
  }

  void enter(std::size_t depth) {
    if (depth == max_json_depth) {
      fail("objects and arrays nest deeper than " + std::to_string(max_json_depth));
    }
    ++at_;
    space();
  }

  void array(std::size_t depth) {
    enter(depth);
    if (peek() == ']') {
      ++at_;
      return write("[]");
    }
    write("[");
    for (;;) {
      new_line(depth + 1);
      value(depth + 1);
      space();
      if (peek() == ']') break;
      expect(',');
      write(",");
      space();
    }
    ++at_;
    new_line(depth);
    write("]");
  }

  void object(std::size_t depth) {
    enter(depth);
    if (peek() == '}') {
      ++at_;
      return write("{}");
    }
    write("{");
    const std::size_t begin = out_size();
    std::vector<Part> parts;
    for (;;) {
      Part& part = parts.emplace_back(Part{std::string(string()), out_size(), 0});
      new_line(depth + 1);
      if (out_ != nullptr) append_canonical_text(*out_, part.key);
      write(": ");
      space();
      expect(':');
      space();
      const std::size_t value_begin = at_;
      value(depth + 1);
      if (depth == 0 && top_ != nullptr) {
        top_->push_back({part.key, text_.substr(value_begin, at_ - value_begin)});
      }
      parts.back().end = out_size();
      space();
      if (peek() == '}') break;
      expect(',');
      write(",");
      space();
    }
    ++at_;
    sort(parts, begin);
    new_line(depth);
    write("}");
  }

  [[nodiscard]] std::size_t out_size() const noexcept { return out_ == nullptr ? 0 : out_->size(); }

  /// Brings the members that were written from `begin` on into the order of their keys. Bytes of
  /// UTF-8 sort as code points do.
  void sort(std::vector<Part>& parts, std::size_t begin) {
    const auto by_key = [](const Part& a, const Part& b) { return a.key < b.key; };
    const bool sorted = std::is_sorted(parts.begin(), parts.end(), by_key);
    if (!sorted) std::sort(parts.begin(), parts.end(), by_key);
    const auto twice = std::adjacent_find(
        parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.key == b.key; });
    if (twice != parts.end()) fail("the key '" + twice->key.substr(0, 100) + "' is given twice");
    if (sorted || out_ == nullptr) return;
    std::string in_order;
    in_order.reserve(out_->size() - begin);
    for (const Part& part : parts) {
      if (!in_order.empty()) in_order += ',';
      in_order.append(*out_, part.begin, part.end - part.begin);
    }
    out_->replace(begin, std::string::npos, in_order);
  }

  std::string_view text_;
  std::string* out_;
  std::vector<JsonMember>* top_ = nullptr;
  std::string decoded_;  ///< Of the last string with an escape or beyond ASCII.
  std::size_t at_ = 0;
};

}  // namespace

std::string canonical_json(std::string_view json) {
  std::string out;
  out.reserve(json.size() + json.size() / 4);
  Walker(json, &out).document();
  return out;
}

std::optional<std::vector<JsonMember>> json_members(std::string_view json) {
  std::vector<JsonMember> members;
  if (!Walker(json, nullptr).top_members(members)) return std::nullopt;
  return members;
}

std::optional<std::string> json_string(std::string_view json) {
  const std::size_t start = json.find_first_not_of(" \t\n\r");
  if (start == std::string_view::npos || json[start] != '"') {
    Walker(json, nullptr).document();
    return std::nullopt;
  }
  return Walker(json, nullptr).text_token();
}

}  // namespace envlock
