#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/string_matcher.hpp"
#include "model/version.hpp"

namespace envlock {

/// A version expression such as ">=1.2,<2|==3.1" (CEP 29, CF 3.5). ',' binds tighter than '|'.
/// Equality is that of the canonical texts.
class VersionSpec {
 public:
  static constexpr std::size_t max_text_bytes = 65536;
  static constexpr std::size_t max_clauses = 4096;
  static constexpr int max_depth = 64;  ///< Of parentheses.

  VersionSpec() = default;  ///< "*": any version.
  /// White space around operators and separators is ignored. @throws InputError saying which part
  /// is wrong and why
  static VersionSpec parse(std::string_view text);
  /// `version` must be the parsed form of the record's version text; globs and regexes look at its
  /// text.
  [[nodiscard]] bool matches(const Version& version) const;
  [[nodiscard]] bool is_any() const noexcept { return nodes_.empty(); }
  /// The literal of "==1.2" or "1.2", where that is all; else null.
  [[nodiscard]] const Version* exact_version() const noexcept;
  /// The literal of "=1.2" or "1.2.*", where that is all; else null.
  [[nodiscard]] const Version* version_prefix() const noexcept;
  /// Canonical text: parse(to_string()) == *this; explicit parentheses wherever ',' and '|' mix.
  [[nodiscard]] std::string to_string() const;
  /// True where ',' and '|' were mixed without parentheses: other tools read such text differently
  /// (CF 3.5).
  [[nodiscard]] bool is_ambiguous() const noexcept { return ambiguous_; }
  friend bool operator==(const VersionSpec& a, const VersionSpec& b) {
    return a.to_string() == b.to_string();
  }

 private:
  enum class Op : std::uint8_t {
    any,  ///< Only while parsing.
    all_of,
    one_of,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    starts_with,
    not_starts_with,
    compatible,
    pattern,
    not_pattern
  };
  /// The expression as a tree in prefix order.
  struct Node {
    Op op = Op::any;
    std::uint32_t size = 1;   ///< Nodes of this subtree, itself among them.
    std::uint32_t value = 0;  ///< Index into `versions_` or `patterns_`. `~=` owns two versions.
  };
  class Parser;
  [[nodiscard]] bool matches(const Node* node, const Version& version) const;
  void print(const Node* node, Op around, std::string& out) const;

  std::vector<Node> nodes_;  ///< Empty: any version.
  std::vector<Version> versions_;
  std::vector<StringMatcher> patterns_;
  bool ambiguous_ = false;
};

}  // namespace envlock
