#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

/// A conda version (CEP 33, CF 3.1 and 3.2). Keeps its spelling for display; equality and order are
/// conda's, so "1.1" == "1.1.0". Runs of digits may be of any length.
class Version {
 public:
  /// Nothing where `text` is not a version by CF 3.1.
  static std::optional<Version> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }  ///< As written.
  /// CF 3.4: what `=1.2` and `1.2.*` mean.
  [[nodiscard]] bool starts_with(const Version& prefix) const;
  /// This version without its last `.`-component, for `~=`; nothing where it has only one.
  [[nodiscard]] std::optional<Version> without_last_component() const;
  friend std::strong_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }

 private:
  // The owner of this file chooses the representation: compact, cheap to compare, cheap to parse.
  std::string text_;
};

}  // namespace envlock
