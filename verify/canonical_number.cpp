#include "verify/canonical_number.hpp"

#include <array>
#include <charconv>
#include <cstddef>

namespace envlock {
namespace {

/// Long enough for any double: sign, 17 digits, point, "e-308", and up to 16 zeros.
class Printed {
 public:
  void add(std::string_view text) noexcept {
    for (const char c : text) buffer_[size_++] = c;
  }
  void add(std::size_t count, char c) noexcept {
    while (count-- != 0) buffer_[size_++] = c;
  }
  [[nodiscard]] std::string_view view() const noexcept { return {buffer_.data(), size_}; }

 private:
  std::array<char, 64> buffer_{};
  std::size_t size_ = 0;
};

/// What Python's repr() makes of digits with the point after the first `point` of them.
void lay_out(Printed& out, std::string_view digits, int point) noexcept {
  const auto count = static_cast<int>(digits.size());
  if (point > 16 || point < -3) {
    out.add(digits.substr(0, 1));
    if (count > 1) out.add(1, '.');
    out.add(digits.substr(1));
    const int exponent = point - 1;
    const auto size = static_cast<std::size_t>(exponent < 0 ? -exponent : exponent);
    out.add(exponent < 0 ? "e-" : "e+");
    if (size < 10) out.add(1, '0');
    std::array<char, 8> text{};
    const char* const end = std::to_chars(text.data(), text.data() + text.size(), size).ptr;
    out.add({text.data(), static_cast<std::size_t>(end - text.data())});
  } else if (point <= 0) {
    out.add("0.");
    out.add(static_cast<std::size_t>(-point), '0');
    out.add(digits);
  } else if (point < count) {
    out.add(digits.substr(0, static_cast<std::size_t>(point)));
    out.add(1, '.');
    out.add(digits.substr(static_cast<std::size_t>(point)));
  } else {
    out.add(digits);
    out.add(static_cast<std::size_t>(point - count), '0');
    out.add(".0");
  }
}

}  // namespace

bool is_canonical_number(std::string_view number) noexcept {
  if (number.find_first_of(".eE") == std::string_view::npos) return number != "-0";
  double value = 0;
  const char* const number_end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), number_end, value);
  if (read.ec != std::errc{} || read.ptr != number_end) return false;

  // "d.ddde+NN": the shortest digits; how they are laid out is ours to do.
  std::array<char, 40> shortest{};
  const auto wrote = std::to_chars(shortest.data(), shortest.data() + shortest.size(), value,
                                   std::chars_format::scientific);
  std::string_view text(shortest.data(), static_cast<std::size_t>(wrote.ptr - shortest.data()));
  Printed printed;
  if (text.front() == '-') {
    printed.add(1, '-');
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  Printed digits;
  digits.add(text.substr(0, 1));
  if (e > 2) digits.add(text.substr(2, e - 2));
  int exponent = 0;
  const char* first = text.data() + e + 1;
  if (*first == '+') ++first;
  std::from_chars(first, text.data() + text.size(), exponent);
  lay_out(printed, digits.view(), exponent + 1);
  return printed.view() == number;
}

}  // namespace envlock
