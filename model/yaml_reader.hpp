#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/yaml.hpp"

namespace envlock {

/// Reads typed values out of a YAML document, with one manner of saying what is wrong where.
/// `what` is how a message calls the thing: "'channels'", "a channel".
class YamlReader {
 public:
  /// @param document  how messages call the whole: "an environment file", "envlock.yml"
  YamlReader(std::string file, std::string document)
      : file_(std::move(file)), document_(std::move(document)) {}

  [[nodiscard]] SourcePlace place(const YamlNode& node) const {
    return {file_, node.line, node.column};
  }
  [[nodiscard]] SourcePlace place(const YamlEntry& entry) const {
    return {file_, entry.line, entry.column};
  }
  /// @throws InputError unless the document is a mapping
  void require_root(const YamlNode& root) const;
  void require_mapping(const YamlNode& node, const std::string& what) const;
  /// The entries of a mapping; none of null.
  [[nodiscard]] std::span<const YamlEntry> mapping(const YamlNode& node,
                                                   const std::string& what) const;
  /// The items of a list that are not null; none of null.
  [[nodiscard]] std::vector<const YamlNode*> list(const YamlNode& node,
                                                  const std::string& what) const;
  /// The text of a scalar, without white space around it, never empty, on one line.
  [[nodiscard]] std::string text(const YamlNode& node, const std::string& what) const;
  /// "true" or "false".
  [[nodiscard]] bool boolean(const YamlNode& node, const std::string& what) const;
  /// Refuses a key that is not known, with the nearest one or the list.
  /// @param owner  whose keys these are: "an environment file"
  [[noreturn]] void refuse_key(const YamlEntry& entry, const std::string& owner,
                               std::span<const std::string_view> known) const;

 private:
  [[noreturn]] void refuse_kind(const YamlNode& node, const std::string& what,
                                const std::string& expected) const;

  std::string file_;
  std::string document_;
};

/// "a, b and c".
std::string join_words(std::span<const std::string_view> words);

}  // namespace envlock
