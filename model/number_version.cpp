#include "model/number_version.hpp"

#include <algorithm>
#include <charconv>

namespace envlock {
namespace {

constexpr std::size_t max_digits = 6;

}  // namespace

std::optional<NumberVersion> NumberVersion::parse(std::string_view text) {
  NumberVersion version;
  version.text_ = text;
  std::size_t count = 0;
  for (;;) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view number = text.substr(0, end);
    if (number.empty() || number.size() > max_digits || count == version.parts_.size())
      return std::nullopt;
    const auto [stop, fault] =
        std::from_chars(number.data(), number.data() + number.size(), version.parts_[count]);
    if (fault != std::errc() || stop != number.data() + number.size()) return std::nullopt;
    ++count;
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  if (count < 2) return std::nullopt;
  return version;
}

}  // namespace envlock
