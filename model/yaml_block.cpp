#include "model/yaml_block.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

namespace envlock {
namespace {

/// What yaml-cpp takes for a key that stands before its value.
constexpr std::size_t max_key = 1000;

/// Thrown where the text is of another form, and caught below: the library reads it.
struct OtherForm {};

bool is_null_word(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 5> words{"", "~", "null", "Null", "NULL"};
  return std::ranges::find(words, text) != words.end();
}

class BlockReader {
 public:
  BlockReader(std::string_view text, const YamlLimits& limits) : text_(text), limits_(limits) {
    next_line();
  }

  YamlNode read() {
    if (at_end_ || indent_ != 0) throw OtherForm();
    YamlNode root = read_block(1);
    if (!at_end_) throw OtherForm();
    return root;
  }

 private:
  /// Goes to the next line that is neither empty nor a comment.
  void next_line() {
    while (!text_.empty()) {
      const std::size_t end = std::min(text_.find('\n'), text_.size());
      std::string_view line = text_.substr(0, end);
      text_.remove_prefix(std::min(end + 1, text_.size()));
      ++line_;
      indent_ = std::min(line.find_first_not_of(' '), line.size());
      line.remove_prefix(indent_);
      if (line.empty() || line.front() == '#') continue;
      line.remove_suffix(line.size() - line.find_last_not_of(' ') - 1);
      // Tabs, carriage returns, what is not ASCII (columns), comments behind values, and what
      // begins or ends a document.
      const bool is_mark = indent_ == 0 && (line.starts_with("---") || line.starts_with("...") ||
                                            line.front() == '%');
      if (is_mark || !std::ranges::all_of(line, [](char c) { return c >= ' ' && c < 0x7F; }) ||
          line.find(" #") != std::string_view::npos)
        throw OtherForm();
      content_ = line;
      return;
    }
    at_end_ = true;
    indent_ = 0;
    content_ = {};
  }

  [[nodiscard]] bool is_item() const noexcept {
    return !at_end_ && (content_.starts_with("- ") || content_ == "-");
  }

  YamlNode make(YamlNode::Kind kind, std::size_t column) {
    if (++nodes_ > limits_.nodes) throw OtherForm();
    YamlNode node;
    node.kind = kind;
    node.line = line_;
    node.column = column + 1;
    return node;
  }

  YamlNode read_block(std::size_t depth) {
    if (depth > limits_.depth) throw OtherForm();
    return is_item() ? read_list(depth) : read_mapping(depth);
  }

  /// The items at the current indentation.
  YamlNode read_list(std::size_t depth) {
    const std::size_t indent = indent_;
    YamlNode list = make(YamlNode::Kind::sequence, indent);
    while (!at_end_ && indent_ == indent && is_item()) {
      std::string_view item = content_.substr(1);
      const std::size_t spaces = std::min(item.find_first_not_of(' '), item.size());
      item.remove_prefix(spaces);
      if (item.empty() || item.starts_with("- ") || item == "-") throw OtherForm();
      indent_ += 1 + spaces;
      content_ = item;
      if (key_length(item) != std::string_view::npos) {
        if (depth >= limits_.depth) throw OtherForm();
        list.items.push_back(read_mapping(depth + 1));
      } else {
        list.items.push_back(read_scalar(item, indent_, depth));
        next_line();
      }
      if (!at_end_ && indent_ > indent) throw OtherForm();
    }
    return list;
  }

  /// The entries at the current indentation.
  YamlNode read_mapping(std::size_t depth) {
    const std::size_t indent = indent_;
    YamlNode mapping = make(YamlNode::Kind::mapping, indent);
    std::unordered_set<std::string> keys;
    while (!at_end_ && indent_ == indent && !is_item()) {
      const std::size_t length = key_length(content_);
      if (length == std::string_view::npos || length > max_key) throw OtherForm();
      const YamlNode key = read_scalar(content_.substr(0, length), indent, depth);
      if (key.kind != YamlNode::Kind::scalar || key.text == "<<" || !keys.insert(key.text).second)
        throw OtherForm();
      std::string_view rest = content_.substr(length + 1);
      const std::size_t spaces = std::min(rest.find_first_not_of(' '), rest.size());
      rest.remove_prefix(spaces);
      mapping.entries.push_back({key.text, key.line, key.column, {}});
      YamlNode value = rest.empty() ? read_below(indent, depth)
                                    : read_beside(rest, indent + length + 1 + spaces, depth);
      mapping.entries.back().value = std::move(value);
      if (!at_end_ && indent_ > indent) throw OtherForm();
    }
    return mapping;
  }

  YamlNode read_beside(std::string_view text, std::size_t column, std::size_t depth) {
    YamlNode value = read_scalar(text, column, depth);
    next_line();
    return value;
  }

  /// What follows a key with nothing beside it: a deeper block, a list as deep, or nothing.
  YamlNode read_below(std::size_t indent, std::size_t depth) {
    YamlNode nothing = make(YamlNode::Kind::null, indent);
    next_line();
    if (at_end_ || (indent_ <= indent && !(indent_ == indent && is_item()))) return nothing;
    return read_block(depth + 1);
  }

  /// The length of the key that `text` begins with, quotes and all; npos where it is no entry.
  static std::size_t key_length(std::string_view text) {
    std::size_t from = 0;
    if (text.front() == '\'' || text.front() == '"') {
      const std::size_t end = closing_quote(text);
      if (end + 1 == text.size()) return std::string_view::npos;
      if (text[end + 1] != ':') throw OtherForm();
      from = end + 1;
    }
    for (std::size_t at = text.find(':', from); at != std::string_view::npos;
         at = text.find(':', at + 1)) {
      if (at + 1 != text.size() && text[at + 1] != ' ') continue;
      if (at == 0 || text[at - 1] == ' ') throw OtherForm();
      return at;
    }
    return std::string_view::npos;
  }

  static std::size_t closing_quote(std::string_view text) {
    const char quote = text.front();
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\\' && quote == '"') throw OtherForm();
      if (text[i] != quote) continue;
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != '\'') return i;
      ++i;
    }
    throw OtherForm();
  }

  YamlNode read_scalar(std::string_view text, std::size_t column, std::size_t depth) {
    if (text == "[]" || text == "{}") {
      if (depth >= limits_.depth) throw OtherForm();
      return make(text == "[]" ? YamlNode::Kind::sequence : YamlNode::Kind::mapping, column);
    }
    YamlNode node = make(YamlNode::Kind::scalar, column);
    if (text.front() == '\'' || text.front() == '"') {
      if (closing_quote(text) + 1 != text.size()) throw OtherForm();
      node.quoted = true;
      const char quote = text.front();
      text = text.substr(1, text.size() - 2);
      for (std::size_t i = 0; i < text.size(); ++i) {
        node.text += text[i];
        if (text[i] == quote) ++i;  // '' is one quote
      }
      return node;
    }
    // Indicators, and entries where a value must be.
    if (std::string_view("-?:,[]{}#&*!|>%@`").find(text.front()) != std::string_view::npos ||
        key_length(text) != std::string_view::npos)
      throw OtherForm();
    if (is_null_word(text)) {
      node.kind = YamlNode::Kind::null;
      return node;
    }
    node.text = text;
    return node;
  }

  std::string_view text_;
  const YamlLimits& limits_;
  std::size_t line_ = 0;
  std::size_t indent_ = 0;
  std::string_view content_;  ///< Of the current line, without indentation and trailing spaces.
  bool at_end_ = false;
  std::size_t nodes_ = 0;
};

}  // namespace

std::optional<YamlNode> parse_block_yaml(std::string_view text, const YamlLimits& limits) {
  try {
    return BlockReader(text, limits).read();
  } catch (const OtherForm&) {
    return std::nullopt;
  }
}

}  // namespace envlock
