#include "model/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "model/error.hpp"
#include "model/text.hpp"
#include "model/yaml_block.hpp"

namespace envlock {
namespace {

/// What anchors may hold in all: each anchored node is copied for its aliases, and anchors nest.
constexpr std::size_t max_anchored_nodes = 10'000;

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const YamlEntry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

std::size_t height(const YamlNode& node) {
  std::size_t highest = 0;
  for (const YamlNode& item : node.items) highest = std::max(highest, height(item));
  for (const YamlEntry& entry : node.entries) highest = std::max(highest, height(entry.value));
  const bool collection =
      node.kind == YamlNode::Kind::sequence || node.kind == YamlNode::Kind::mapping;
  return highest + (collection ? 1 : 0);
}

/// Builds the tree from yaml-cpp's events, which come before yaml-cpp has built anything itself, so
/// that a limit stops the reading where it is passed.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, std::string file, const YamlLimits& limits)
      : text_(text), file_(std::move(file)), limits_(limits) {}

  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      fail(mark, "text after the end of the YAML document",
           "keep one document in a file, and check the indentation here");
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& /*mark*/, const std::string& /*name*/) override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(make(mark, YamlNode::Kind::null), anchor, mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // yaml-cpp says "?" for a plain scalar and "!" for a quoted one, where no tag was written.
    if (tag != "?" && tag != "!") refuse_tag(mark, tag);
    YamlNode node = make(mark, YamlNode::Kind::scalar);
    node.quoted = tag == "!";
    if (node.quoted) require_closed(mark);
    node.text = value;
    finish(std::move(node), anchor, mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) fail(mark, "an alias inside the node that it stands for", "");
    const std::size_t nodes = count_nodes(found->second);
    alias_nodes_ += nodes;
    if (alias_nodes_ > limits_.alias_nodes)
      fail(mark, "aliases expand to more than " + std::to_string(limits_.alias_nodes) + " nodes",
           "write the repeated part out, or in a file of its own");
    if (open_.size() + height(found->second) > limits_.depth) refuse_depth(mark);
    YamlNode copy = found->second;
    finish(std::move(copy), YAML::NullAnchor, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, YamlNode::Kind::mapping);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    YAML::Mark mark;
    std::optional<YamlNode> key;
    std::unordered_map<std::string, std::size_t> key_lines = {};
  };

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& message,
                         std::string hint) const {
    throw InputError(SourcePlace{file_, static_cast<std::size_t>(mark.line) + 1,
                                 static_cast<std::size_t>(mark.column) + 1},
                     message, std::move(hint));
  }
  [[noreturn]] void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    fail(mark, "YAML tag '" + tag + "': tags are not supported",
         "remove it: every value is read as the text that is written");
  }
  [[noreturn]] void refuse_depth(const YAML::Mark& mark) const {
    fail(mark, "lists and mappings nest deeper than " + std::to_string(limits_.depth), "");
  }

  /// yaml-cpp takes the end of the file for the closing quote: a file cut short would be accepted.
  void require_closed(const YAML::Mark& mark) const {
    const auto start = std::min(static_cast<std::size_t>(mark.pos), text_.size());
    const std::size_t first = text_.find_first_of("\"'|>", start);  // behind an anchor, if any
    if (first == std::string_view::npos || text_[first] == '|' || text_[first] == '>') return;
    for (std::size_t i = first + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && text_[first] == '"') {
        ++i;
      } else if (text_[i] == text_[first]) {
        if (text_[first] == '"' || i + 1 == text_.size() || text_[i + 1] != '\'') return;
        ++i;  // '' is one quote
      }
    }
    fail(mark, "a quote that is never closed", "close it, or check whether the file is complete");
  }

  YamlNode make(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (++nodes_ > limits_.nodes)
      fail(mark, "more than " + std::to_string(limits_.nodes) + " values in one document", "");
    YamlNode node;
    node.kind = kind;
    node.line = static_cast<std::size_t>(mark.line) + 1;
    node.column = static_cast<std::size_t>(mark.column) + 1;
    return node;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    if (tag != "?" && !tag.empty()) refuse_tag(mark, tag);
    if (open_.size() >= limits_.depth) refuse_depth(mark);
    open_.push_back({make(mark, kind), anchor, mark, std::nullopt});
  }

  void close() {
    Open top = std::move(open_.back());
    open_.pop_back();
    finish(std::move(top.node), top.anchor, top.mark);
  }

  /// A node is complete: remembers it for its aliases and puts it where it belongs.
  void finish(YamlNode node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (anchor != YAML::NullAnchor) {
      anchored_nodes_ += count_nodes(node);
      if (anchored_nodes_ > max_anchored_nodes)
        fail(mark, "anchors cover more than " + std::to_string(max_anchored_nodes) + " nodes", "");
      anchored_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      require_key(parent, node, mark);
      parent.key = std::move(node);
    } else {
      parent.node.entries.push_back(
          {std::move(parent.key->text), parent.key->line, parent.key->column, std::move(node)});
      parent.key.reset();
    }
  }

  void require_key(Open& mapping, const YamlNode& key, const YAML::Mark& mark) const {
    if (key.kind != YamlNode::Kind::scalar)
      fail(mark, "a key must be text, found " + std::string(describe(key.kind)), "");
    if (key.text == "<<") fail(mark, "merge keys ('<<') are not supported", "write the keys out");
    const auto [first, added] = mapping.key_lines.emplace(key.text, key.line);
    if (!added)
      fail(mark,
           "the key '" + key.text + "' was already given in line " + std::to_string(first->second),
           "keep one of the two: other tools silently take the last");
  }

  std::string_view text_;
  std::string file_;
  YamlLimits limits_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchored_;
  std::size_t anchored_nodes_ = 0;
  std::size_t alias_nodes_ = 0;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

void check_unicode(std::string_view line, const SourcePlace& place) {
  if (!is_utf8(line)) throw InputError(place, "not UTF-8", "save the file as plain text in UTF-8");
  // YAML 1.1 ends lines here and YAML 1.2 does not: the same file would mean two things.
  for (const std::string_view separator : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    if (line.find(separator) != std::string_view::npos)
      throw InputError(place, "an invisible Unicode line separator",
                       "remove the character: YAML readers disagree about it");
  }
}

/// Refuses one line by its bytes, before any YAML is read.
void check_line(std::string_view line, const SourcePlace& place, const YamlLimits& limits) {
  if (line.size() > limits.line_bytes)
    throw InputError(place, "a line of more than " + std::to_string(limits.line_bytes) + " bytes");
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  };
  if (const auto control = std::ranges::find_if(line, is_control); control != line.end())
    throw InputError(place,
                     *control == '\0' ? "a NUL character: not text, or UTF-16"
                                      : "a control character ('" + printable({&*control, 1}) + "')",
                     "save the file as plain text in UTF-8");
  if (line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> "))
    throw InputError(place, "a mark of an unresolved merge conflict",
                     "resolve the conflict between the marks and remove them");
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (!std::ranges::all_of(line, is_ascii)) check_unicode(line, place);
  const std::size_t text = line.find_first_not_of(" \t");
  if (text != std::string_view::npos && line.substr(0, text).find('\t') != std::string_view::npos)
    throw InputError(place, "a tab in the indentation", "indent with spaces: YAML allows no tabs");
}

void check_bytes(std::string_view text, const std::string& file, const YamlLimits& limits) {
  if (text.size() > limits.bytes)
    throw InputError(SourcePlace{file}, std::to_string(text.size()) + " bytes, more than the " +
                                            std::to_string(limits.bytes) + " that are read");
  SourcePlace place{file, 0};
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    ++place.line;
    check_line(text.substr(0, end), place, limits);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::string_view describe(YamlNode::Kind kind) noexcept {
  switch (kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "text";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::mapping:
      return "a mapping";
  }
  return "nothing";
}

YamlNode parse_yaml(std::string_view text, const std::string& file, const YamlLimits& limits) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  check_bytes(text, file, limits);
  if (limits.bytes > YamlLimits().bytes) {
    // Large documents are the locks of other tools, in the form that their writers have.
    if (auto tree = parse_block_yaml(text, limits)) return std::move(*tree);
  }
  TreeBuilder builder(text, file, limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    SourcePlace place{file};
    if (!error.mark.is_null()) {
      place.line = static_cast<std::size_t>(error.mark.line) + 1;
      place.column = static_cast<std::size_t>(error.mark.column) + 1;
    }
    throw InputError(place, "not valid YAML: " + error.msg,
                     "check the indentation and the quotes in this line and the one before it");
  }
  return builder.take_root();
}

}  // namespace envlock
