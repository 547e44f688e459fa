#include "model/json_position.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

#include "model/text.hpp"

namespace envlock {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Reads JSON by the letter and remembers where it stops being JSON. Once something is wrong, every
/// further call returns false.
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  [[nodiscard]] std::size_t offset() const noexcept { return at_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

  void skip_space() noexcept {
    while (!at_end() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }

  bool expect(char wanted, std::string_view described) {
    skip_space();
    if (!at_end() && text_[at_] == wanted) return ++at_, true;
    return stop(described);
  }

  bool expect_end() {
    skip_space();
    return at_end() || stop("the end of the file");
  }

  bool value() {
    skip_space();
    switch (peek()) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return string().has_value();
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

  /// The text between the quotes, escapes as they stand.
  std::optional<std::string_view> string() {
    if (!expect('"', "a string in double quotes")) return std::nullopt;
    const std::size_t start = at_;
    while (!at_end() && text_[at_] != '"') {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) {
        wrong(c == '\n' ? "a string that is not closed on its line"
                        : "an unescaped control character in a string");
        return std::nullopt;
      }
      if (c == '\\' ? !escape() : (++at_, false)) return std::nullopt;
    }
    if (at_end()) {
      stop("'\"'");
      return std::nullopt;
    }
    return text_.substr(start, at_++ - start);
  }

  /// Moves into the member `key` of the object, or the item `index` of the array, that starts here.
  bool enter(const JsonStep& step) {
    skip_space();
    const bool by_key = step.index == JsonStep::no_index;
    if (peek() != (by_key ? '{' : '[')) return false;
    ++at_;
    for (std::size_t i = 0;; ++i) {
      if (by_key) {
        skip_space();
        const auto key = string();
        if (!key || !expect(':', "':'")) return false;
        if (*key == step.key) break;
      } else if (i == step.index) {
        break;
      }
      if (!value() || !expect(',', "','")) return false;
    }
    skip_space();
    return true;
  }

 private:
  bool object() {
    return nested('}', [this] { return string().has_value() && expect(':', "':'") && value(); });
  }

  bool array() {
    return nested(']', [this] { return value(); });
  }

  template <class Member>
  bool nested(char close, Member member) {
    if (depth_ == max_depth_) return wrong("more than " + std::to_string(max_depth_) + " levels");
    ++depth_;
    ++at_;
    skip_space();
    if (peek() != close) {
      for (bool more = true; more;) {
        skip_space();
        if (!member()) return false;
        skip_space();
        more = peek() == ',';
        if (more) ++at_;
      }
    }
    --depth_;
    return expect(close, close == '}' ? "',' or '}'" : "',' or ']'");
  }

  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return stop("a value");
    at_ += wanted.size();
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return stop("a digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    const std::size_t start = at_;
    if (peek() == '-') ++at_;
    if (at_ == start && !is_digit(peek())) return stop("a value");
    if (peek() == '0' && is_digit(at_ + 1 < text_.size() ? text_[at_ + 1] : ' ')) {
      return wrong("a number that starts with 0");
    }
    if (!digits()) return false;
    bool whole = true;
    if (peek() == '.') {
      whole = false;
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    if (fits(text_.substr(start, at_ - start), whole)) return true;
    at_ = start;
    return wrong("a number beyond 64 bits");
  }

  static bool fits(std::string_view literal, bool whole) noexcept {
    const char* const end = literal.data() + literal.size();
    const auto reads = [&](auto number) {
      return std::from_chars(literal.data(), end, number).ec == std::errc();
    };
    if (!whole) return reads(double{});
    return literal.front() == '-' ? reads(std::int64_t{}) : reads(std::uint64_t{});
  }

  bool escape() {
    const std::string_view rest = text_.substr(at_);
    if (rest.size() > 1 && std::string_view("\"\\/bfnrt").find(rest[1]) != std::string_view::npos) {
      at_ += 2;
      return true;
    }
    const auto unit = code_unit(rest);
    if (!unit) return wrong("an escape that JSON does not know");
    at_ += 6;
    if (*unit < 0xD800 || *unit > 0xDFFF) return true;
    const auto low = code_unit(text_.substr(at_));
    if (*unit > 0xDBFF || !low || *low < 0xDC00 || *low > 0xDFFF) {
      return wrong("half of a surrogate pair");
    }
    at_ += 6;
    return true;
  }

  static std::optional<unsigned> code_unit(std::string_view text) noexcept {
    if (text.size() < 6 || text.substr(0, 2) != "\\u") return std::nullopt;
    unsigned code = 0;
    const char* const end = text.data() + 6;
    if (std::from_chars(text.data() + 2, end, code, 16).ptr != end || text[2] == '-') {
      return std::nullopt;
    }
    return code;
  }

  bool stop(std::string_view expected) {
    std::string found = "the end of the file";
    if (!at_end()) found = "'" + printable(text_.substr(at_, 1)) + "'";
    if (!at_end() && static_cast<unsigned char>(text_[at_]) >= 0x80) found = "other bytes";
    fault_ = "expected " + std::string(expected) + ", found " + found;
    return false;
  }

  bool wrong(std::string found) {
    fault_ = "found " + std::move(found);
    return false;
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::string fault_;
};

}  // namespace

JsonFault find_json_fault(std::string_view text, std::size_t max_depth) {
  Scanner scanner(text, max_depth);
  if (scanner.value() && scanner.expect_end()) return {};
  return {scanner.offset(), scanner.fault()};
}

std::size_t find_json_value(std::string_view text, std::span<const JsonStep> steps) {
  constexpr std::size_t depth_of_any_parsed_document = 1024;
  Scanner scanner(text, depth_of_any_parsed_document);
  scanner.skip_space();
  std::size_t found = scanner.offset();
  for (const JsonStep& step : steps) {
    if (!scanner.enter(step)) break;
    found = scanner.offset();
  }
  return found;
}

std::size_t line_of_offset(std::string_view text, std::size_t offset) noexcept {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

}  // namespace envlock
