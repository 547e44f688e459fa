#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// A version of two or three whole numbers, as glibc, CUDA and NVIDIA's drivers have: "2.28",
/// "12.4", "535.104.05". Compared by its numbers, a missing third one being 0; printed as written.
class NumberVersion {
 public:
  /// Nothing for any other form, and where a number has more than six digits.
  static std::optional<NumberVersion> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// The number at `index`: 0 to 2.
  [[nodiscard]] std::uint32_t part(std::size_t index) const { return parts_.at(index); }
  friend std::strong_ordering operator<=>(const NumberVersion& a, const NumberVersion& b) {
    return a.parts_ <=> b.parts_;
  }
  friend bool operator==(const NumberVersion& a, const NumberVersion& b) {
    return a.parts_ == b.parts_;
  }

 private:
  NumberVersion() = default;
  std::array<std::uint32_t, 3> parts_{};
  std::string text_;
};

}  // namespace envlock
