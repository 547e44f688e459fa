#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

/// A version of Python's packages (the version specifiers specification, formerly PEP 440), which
/// is not ordered as conda's are.
class PypiVersion {
 public:
  /// Nothing where `text` is no such version, or a number in it has more than 18 digits.
  static std::optional<PypiVersion> parse(std::string_view text);

  [[nodiscard]] bool is_prerelease() const noexcept { return pre_.has_value() || dev_.has_value(); }
  [[nodiscard]] const std::vector<std::uint64_t>& release() const noexcept { return release_; }
  /// In the normal form: "1.0rc1.post2.dev3+local.4".
  [[nodiscard]] std::string to_string() const;

  friend std::strong_ordering operator<=>(const PypiVersion& a, const PypiVersion& b);
  friend bool operator==(const PypiVersion& a, const PypiVersion& b) {
    return (a <=> b) == std::strong_ordering::equal;
  }

 private:
  friend class PypiSpecifier;
  struct Pre {
    char kind = 'a';  ///< 'a', 'b' or 'c' (rc).
    std::uint64_t number = 0;
    friend auto operator<=>(const Pre&, const Pre&) = default;
  };
  std::uint64_t epoch_ = 0;
  std::vector<std::uint64_t> release_;
  std::optional<Pre> pre_;
  std::optional<std::uint64_t> post_, dev_;
  std::vector<std::string> local_;
};

/// One clause: "~=1.4.2", "==1.0.*", "===weird".
class PypiSpecifier {
 public:
  /// Nothing where `text` is no clause.
  static std::optional<PypiSpecifier> parse(std::string_view text);
  /// @param version  as its package spells it
  [[nodiscard]] bool accepts(std::string_view version) const;
  [[nodiscard]] const std::string& op() const noexcept { return op_; }
  [[nodiscard]] const std::string& version() const noexcept { return text_; }

 private:
  std::string op_, text_;
  std::optional<PypiVersion> version_;  ///< Not of "===".
  bool is_prefix_ = false;              ///< "==1.0.*"
};

/// Clauses joined by commas; nothing where one is none. An empty text is no clause.
std::optional<std::vector<PypiSpecifier>> parse_pypi_specifiers(std::string_view text);

}  // namespace envlock
