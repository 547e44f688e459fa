#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "model/digest.hpp"
#include "model/error.hpp"

// Strict reading of JSON documents that are held whole (lockfiles, trust metadata, records of a
// prefix). Only files that read such a document include this header.

namespace envlock {

/// What a document may be at most.
struct JsonLimits {
  std::size_t max_bytes = std::size_t{64} << 20U;
  std::size_t max_depth = 64;               ///< Of nested objects and arrays.
  std::size_t max_items = 10'000;           ///< Of a list of texts.
  std::size_t max_text_bytes = 64U << 10U;  ///< Of one string.
};

class JsonNode;

/// A parsed document. Refused: what RFC 8259 does not allow (also bytes after the end, a byte order
/// mark, lone surrogates, invalid UTF-8), numbers beyond 64 bits, and what exceeds the limits.
/// Duplicate keys and NUL characters are refused where objects and strings are read.
class JsonDocument {
 public:
  /// @param text  must outlive the document: error messages find their line in it
  /// @param file  only names the file in messages
  /// @param first_line  the line of the file on which `text` starts, where it is a part of one
  /// @throws InputError with the line
  JsonDocument(std::string_view text, std::string file, const JsonLimits& limits = {},
               std::size_t first_line = 1);
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  [[nodiscard]] JsonNode root() const;
  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] const JsonLimits& limits() const noexcept { return limits_; }
  [[nodiscard]] std::size_t first_line() const noexcept { return first_line_; }

 private:
  std::string_view text_;
  std::string file_;
  JsonLimits limits_;
  std::size_t first_line_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
};

/// A value of a document, and the way to it. It points at the document and at the node that it was
/// read from: both must outlive it. Every getter throws an InputError that names the line, the path
/// ("platforms.linux-64.packages[numpy].size"), what was expected and what was found.
class JsonNode {
 public:
  enum class Kind : std::uint8_t { null, scalar, list, object };
  [[nodiscard]] Kind kind() const noexcept;
  [[nodiscard]] bool is_text() const noexcept { return element_.is_string(); }
  [[nodiscard]] std::string_view view() const;  ///< A string; lives as long as the document.
  [[nodiscard]] std::string text() const { return std::string(view()); }
  [[nodiscard]] std::string non_empty_text() const;
  /// A text as it is, a number, true, false or null as JSON spells it.
  [[nodiscard]] std::string scalar_text() const;
  [[nodiscard]] std::uint64_t unsigned_integer() const;
  [[nodiscard]] std::int64_t integer() const;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::vector<std::string> texts() const;  ///< A list of strings.
  [[nodiscard]] Sha256 sha256() const;
  [[nodiscard]] Md5 md5() const;
  /// Calls `visit(node)` for each item of a list, in order.
  template <class Visit>
  void for_each_item(Visit visit) const;
  /// Calls `visit(key, node)` for each member of an object whose keys are data, in order.
  template <class Visit>
  void for_each_member(Visit visit) const;
  [[nodiscard]] std::size_t item_count() const { return items().size(); }  ///< Of a list.

  /// The way from the top, as messages show it; "the document" for the top itself.
  [[nodiscard]] std::string path() const;
  [[nodiscard]] SourcePlace place() const;
  /// "FILE:LINE: 'PATH': expected EXPECTED, found ..." about this value.
  [[noreturn]] void fail_expected(std::string_view expected, std::string hint = {}) const;
  /// "FILE:LINE: 'PATH': MESSAGE".
  [[noreturn]] void fail(const std::string& message, std::string hint = {}) const;

 private:
  friend class JsonDocument;
  friend class JsonObject;
  JsonNode(const JsonDocument& document, const JsonNode* parent, simdjson::dom::element element)
      : document_(&document), parent_(parent), element_(element) {}
  [[nodiscard]] simdjson::dom::array items() const;
  [[nodiscard]] simdjson::dom::object members() const;
  [[nodiscard]] std::string step_text() const;
  [[nodiscard]] std::string found() const;
  void check_text(std::string_view text) const;
  void refuse_duplicate_keys(simdjson::dom::object object) const;

  const JsonDocument* document_;
  const JsonNode* parent_;
  simdjson::dom::element element_;
  std::string_view key_;   ///< In the parent, where that is an object.
  std::size_t index_ = 0;  ///< In the parent, where that is a list.
  bool is_item_ = false;
};

/// An object with known keys. Duplicate and unknown keys are refused at once, an unknown one with
/// the nearest known. Fast where keys are asked for in the order of `known`.
class JsonObject {
 public:
  static constexpr std::size_t max_keys = 32;
  /// @param known  must outlive the object; at most `max_keys`
  JsonObject(const JsonNode& node, std::span<const std::string_view> known);
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  [[nodiscard]] const JsonNode& node() const noexcept { return node_; }
  /// The member `key` (one of `known`); nothing where it is absent.
  [[nodiscard]] std::optional<JsonNode> find(std::string_view key) const;
  /// @throws InputError where it is absent
  [[nodiscard]] JsonNode at(std::string_view key) const;

 private:
  [[nodiscard]] std::size_t index_of(std::string_view key) const noexcept;

  JsonNode node_;
  std::span<const std::string_view> known_;
  std::array<simdjson::dom::element, max_keys> values_;
  std::bitset<max_keys> present_;
  mutable std::size_t next_ = 0;  ///< Where the search for the next key starts.
};

template <class Visit>
void JsonNode::for_each_item(Visit visit) const {
  JsonNode item(*document_, this, element_);
  item.is_item_ = true;
  for (const simdjson::dom::element element : items()) {
    item.element_ = element;
    visit(static_cast<const JsonNode&>(item));
    ++item.index_;
  }
}

template <class Visit>
void JsonNode::for_each_member(Visit visit) const {
  const simdjson::dom::object object = members();
  refuse_duplicate_keys(object);
  JsonNode member(*document_, this, element_);
  for (const simdjson::dom::key_value_pair field : object) {
    check_text(field.key);
    member.element_ = field.value;
    member.key_ = field.key;
    visit(field.key, static_cast<const JsonNode&>(member));
  }
}

}  // namespace envlock
