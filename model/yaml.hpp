#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

struct YamlEntry;

/// One node of a YAML document, aliases already expanded. A scalar is its source text, whatever
/// YAML would make of it: `3.10` stays "3.10" and `no` stays "no". `~`, `null` and nothing are
/// null. Lines and columns count from 1; those of an expanded alias are where its anchor stands.
struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  bool quoted = false;  ///< A scalar in quotes or a block scalar.
  std::size_t line = 1;
  std::size_t column = 1;
  std::string text;                ///< Of a scalar.
  std::vector<YamlNode> items;     ///< Of a sequence.
  std::vector<YamlEntry> entries;  ///< Of a mapping, in document order; every key occurs once.
};

struct YamlEntry {
  std::string key;
  std::size_t line = 1;
  std::size_t column = 1;
  YamlNode value;
};

/// "a list", "a mapping", "text" or "nothing": for messages about wrong types.
std::string_view describe(YamlNode::Kind kind) noexcept;

struct YamlLimits {
  std::size_t bytes = std::size_t{1} << 20U;
  std::size_t line_bytes = std::size_t{64} << 10U;
  std::size_t depth = 32;          ///< Of lists and mappings inside each other.
  std::size_t alias_nodes = 1000;  ///< That all aliases together may add.
  std::size_t nodes = 1'000'000;   ///< In all: each takes about a hundred bytes of memory.
};

/// Reads one document of the plain part of YAML: UTF-8 without control characters; no tags, merge
/// keys, duplicate keys, keys that are not text, recursive aliases, second document, nor tabs that
/// indent. An empty document is null. `file` only names the text in messages.
/// @throws InputError (exit 3) with file and line for everything else, limits too (TV Y01-Y05)
YamlNode parse_yaml(std::string_view text, const std::string& file, const YamlLimits& limits = {});

}  // namespace envlock
