#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

/// A conda version (CEP 33, CF 3.1 and 3.2). Keeps its spelling for display; equality and order are
/// conda's, so "1.1" == "1.1.0". Runs of digits may be of any length. Comparing allocates nothing.
class Version {
 public:
  static constexpr std::size_t max_text_bytes = 65536;  ///< Longer text is no version.
  static constexpr std::size_t max_runs = 1024;  ///< Runs of digits or letters, "1.2a" has three.

  /// Nothing where `text` is not a version by CF 3.1. White space around it is dropped.
  static std::optional<Version> parse(std::string_view text);
  /// As parse. @throws InputError saying what is wrong with `text`
  static Version parse_or_throw(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }  ///< As written.
  /// CF 3.4: what `=1.2` and `1.2.*` mean.
  [[nodiscard]] bool starts_with(const Version& prefix) const;
  /// This version up to its last '.', without local part, for `~=`; nothing where it has no '.'.
  [[nodiscard]] std::optional<Version> without_last_component() const;
  friend std::strong_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) { return std::is_eq(a <=> b); }

 private:
  using Word = std::uint64_t;
  struct Cursor;
  class Parser;
  Version() = default;
  static std::optional<Version> parse(std::string_view text, std::string_view& why);
  [[nodiscard]] Cursor main_part() const noexcept;
  [[nodiscard]] Cursor local_part() const noexcept;
  [[nodiscard]] const Word* words() const noexcept {
    return count_ <= inline_.size() ? inline_.data() : spilled_.data();
  }

  // All runs of all components, one word each (version.cpp says how), the epoch first. Two usual
  // versions are compared without leaving these two cache lines.
  std::array<Word, 6> inline_{};
  std::uint16_t count_ = 0;  ///< Words in use, in `inline_` or, where they don't fit, `spilled_`.
  std::uint16_t main_count_ = 0;  ///< Words before the local part.
  std::string text_;
  std::vector<Word> spilled_;
};

}  // namespace envlock
