#include "model/yaml_reader.hpp"

#include "model/text.hpp"

namespace envlock {

std::string join_words(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

void YamlReader::refuse_kind(const YamlNode& node, const std::string& what,
                             const std::string& expected) const {
  std::string found(describe(node.kind));
  if (node.kind == YamlNode::Kind::scalar) found += " ('" + printable(node.text, 40) + "')";
  const bool lone_item = expected == "a list" && node.kind == YamlNode::Kind::scalar;
  throw InputError(place(node), what + ": expected " + expected + ", found " + found,
                   lone_item ? "write each item in a line of its own, after '- '" : "");
}

void YamlReader::require_root(const YamlNode& root) const {
  if (root.kind == YamlNode::Kind::null)
    throw InputError(SourcePlace{file_}, "the file is empty",
                     "write " + document_ + " with at least one key");
  if (root.kind != YamlNode::Kind::mapping)
    throw InputError(place(root), "expected " + document_ + " (a mapping of keys), found " +
                                      std::string(describe(root.kind)));
}

void YamlReader::require_mapping(const YamlNode& node, const std::string& what) const {
  if (node.kind != YamlNode::Kind::mapping) refuse_kind(node, what, "a mapping");
}

std::span<const YamlEntry> YamlReader::mapping(const YamlNode& node,
                                               const std::string& what) const {
  if (node.kind != YamlNode::Kind::null) require_mapping(node, what);
  return node.entries;
}

std::vector<const YamlNode*> YamlReader::list(const YamlNode& node, const std::string& what) const {
  if (node.kind != YamlNode::Kind::null && node.kind != YamlNode::Kind::sequence)
    refuse_kind(node, what, "a list");
  std::vector<const YamlNode*> items;
  for (const YamlNode& item : node.items) {
    if (item.kind != YamlNode::Kind::null) items.push_back(&item);
  }
  return items;
}

std::string YamlReader::text(const YamlNode& node, const std::string& what) const {
  if (node.kind != YamlNode::Kind::scalar) refuse_kind(node, what, "text");
  std::string text(trim(node.text));
  if (text.empty()) throw InputError(place(node), what + " is empty");
  if (text.find('\n') != std::string::npos)
    throw InputError(place(node), what + " goes over several lines");
  return text;
}

bool YamlReader::boolean(const YamlNode& node, const std::string& what) const {
  if (node.kind == YamlNode::Kind::scalar && !node.quoted) {
    if (node.text == "true") return true;
    if (node.text == "false") return false;
  }
  refuse_kind(node, what, "true or false");
}

void YamlReader::refuse_key(const YamlEntry& entry, const std::string& owner,
                            std::span<const std::string_view> known) const {
  const auto near = nearest_word(entry.key, known);
  throw InputError(
      place(entry),
      "'" + printable(entry.key, 60) + "' is not a key of " + owner + " that envlock reads",
      near ? "did you mean '" + *near + "'?" : "the keys are " + join_words(known));
}

}  // namespace envlock
