#include "model/match_spec_keys.hpp"

#include <algorithm>

#include "model/error.hpp"

namespace envlock {
namespace {

constexpr std::size_t npos = std::string_view::npos;

constexpr bool is_white(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
constexpr bool is_quote(char c) noexcept { return c == '\'' || c == '"'; }
constexpr bool is_key_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}
/// A backslash escapes a quote or itself; before anything else, as in regular expressions, it
/// stands for itself.
constexpr bool is_escape(std::string_view text, std::size_t at) noexcept {
  return text[at] == '\\' && at + 1 < text.size() &&
         (is_quote(text[at + 1]) || text[at + 1] == '\\');
}

/// Where the quote that opens at `open` ends; npos where it does not.
std::size_t closing_quote(std::string_view text, std::size_t open) noexcept {
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == text[open]) return i;
    if (is_escape(text, i)) ++i;
  }
  return npos;
}

class ItemParser {
 public:
  explicit ItemParser(std::string_view text) : text_(text) {}

  std::vector<BracketItem> parse() {
    std::vector<BracketItem> items;
    for (skip_white(); at_ < text_.size(); skip_separator()) {
      BracketItem item = parse_item();
      for (const BracketItem& earlier : items) {
        if (earlier.key == item.key) throw InputError("key '" + item.key + "' is given twice");
      }
      items.push_back(std::move(item));
    }
    if (items.empty()) throw InputError("the brackets are empty");
    return items;
  }

 private:
  [[nodiscard]] char next() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_white() noexcept {
    while (at_ < text_.size() && is_white(text_[at_])) ++at_;
  }

  /// A comma or white space between two items.
  void skip_separator() {
    const std::size_t before = at_;
    skip_white();
    if (next() == ',') {
      ++at_;
      skip_white();
      if (at_ == text_.size() || next() == ',') throw InputError("superfluous ',' in the brackets");
    } else if (at_ == before && at_ < text_.size()) {
      throw InputError(std::string("no ',' before '") + next() + "' in the brackets");
    }
  }

  BracketItem parse_item() {
    BracketItem item;
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_key_character(text_[at_])) ++at_;
    item.key = text_.substr(begin, at_ - begin);
    if (item.key.empty()) {
      throw InputError(std::string("no key before '") + next() + "' in the brackets");
    }
    skip_white();
    if (next() != '=') {
      at_ = begin + item.key.size();
      if (item.key == "optional") return item;
      throw InputError("key '" + item.key + "' has no '=' and value",
                       "write " + item.key + "='...'");
    }
    ++at_;
    skip_white();
    if (next() == '[') {
      item.is_list = true;
      ++at_;
      parse_list(item);
    } else {
      item.is_quoted = is_quote(next());
      item.values.push_back(parse_value(item.key));
    }
    return item;
  }

  void parse_list(BracketItem& item) {
    for (skip_white(); next() != ']'; skip_white()) {
      if (!item.values.empty()) {
        if (next() != ',') throw InputError("no ',' or ']' in the list of '" + item.key + "'");
        ++at_;
        skip_white();
      }
      item.values.push_back(parse_value(item.key));
    }
    ++at_;
    if (item.values.empty()) throw InputError("the list of '" + item.key + "' is empty");
  }

  std::string parse_value(const std::string& key) {
    std::string value;
    if (is_quote(next())) {
      const std::size_t end = closing_quote(text_, at_);
      if (end == npos) throw InputError("the quote of '" + key + "' is not closed");
      for (++at_; at_ < end; ++at_) {
        if (is_escape(text_, at_)) ++at_;
        value += text_[at_];
      }
      ++at_;
    } else {
      const std::size_t end = std::min(text_.find_first_of(", \t\n\r\f\v]", at_), text_.size());
      value = text_.substr(at_, end - at_);
      at_ = end;
      if (value.find_first_of("=[\"'") != std::string::npos) {
        throw InputError("the value of '" + key + "' needs quotes: '" + value + "'",
                         "write " + key + "='" + value + "'");
      }
    }
    if (value.empty()) throw InputError("key '" + key + "' has an empty value");
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::size_t closing_bracket(std::string_view text, std::size_t open) noexcept {
  std::size_t depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (is_quote(text[i])) {
      i = closing_quote(text, i);
      if (i == npos) return npos;
    } else if (text[i] == '[') {
      ++depth;
    } else if (text[i] == ']' && --depth == 0) {
      return i;
    }
  }
  return npos;
}

std::vector<BracketItem> parse_bracket_items(std::string_view inside) {
  return ItemParser(inside).parse();
}

std::string quote_bracket_value(std::string_view value) {
  std::string quoted = "'";
  for (std::size_t i = 0; i < value.size(); ++i) {
    // A backslash is doubled only where it would otherwise escape what follows it.
    const bool before_escapable =
        i + 1 == value.size() || is_quote(value[i + 1]) || value[i + 1] == '\\';
    if (value[i] == '\'' || (value[i] == '\\' && before_escapable)) quoted += '\\';
    quoted += value[i];
  }
  quoted += '\'';
  return quoted;
}

}  // namespace envlock
