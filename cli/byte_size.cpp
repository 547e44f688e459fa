#include "cli/byte_size.hpp"

#include <array>
#include <charconv>

#include "model/text.hpp"

namespace envlock {

namespace {

constexpr std::string_view units = "kmgt";
constexpr unsigned max_fraction_digits = 6;

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// The factor that "", "b", "k", "kb", "ki" or "kib" stands for.
std::optional<std::uint64_t> factor_of(std::string_view unit) {
  if (unit.ends_with('b')) unit.remove_suffix(1);
  if (unit.empty()) return 1;
  const std::size_t power = units.find(unit.front());
  if (power == std::string_view::npos) return std::nullopt;
  unit.remove_prefix(1);
  if (!unit.empty() && unit != "i") return std::nullopt;
  std::uint64_t factor = 1;
  for (std::size_t n = 0; n <= power; ++n) factor *= unit.empty() ? 1000 : 1024;
  return factor;
}

}  // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  const std::string lower = to_lower(trim(text));
  std::string_view rest = lower;
  const auto whole = take_number(rest);
  if (!whole) return std::nullopt;
  std::uint64_t fraction = 0;
  std::uint64_t scale = 1;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const std::size_t before = rest.size();
    const auto digits = take_number(rest);
    const std::size_t count = before - rest.size();
    if (!digits || count > max_fraction_digits) return std::nullopt;
    fraction = *digits;
    for (std::size_t n = 0; n < count; ++n) scale *= 10;
  }
  const auto factor = factor_of(trim(rest));
  if (!factor || (fraction != 0 && *factor == 1)) return std::nullopt;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(*whole, *factor, &bytes)) return std::nullopt;
  // At most 10^6 * 2^40: no overflow in the product.
  if (__builtin_add_overflow(bytes, fraction * *factor / scale, &bytes)) return std::nullopt;
  return bytes;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> names{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  std::uint64_t tenths = bytes * 10;
  while (tenths >= 9995 && unit + 1 < names.size()) {
    tenths = (tenths + 500) / 1000;
    ++unit;
  }
  std::string text = std::to_string(tenths / 10);
  if (unit > 0 && tenths < 100) text += '.' + std::to_string(tenths % 10);
  return text + ' ' + std::string(names[unit]);
}

}  // namespace envlock
