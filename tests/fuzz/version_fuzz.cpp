// Versions: anything that parses is equal to itself, ordered both ways, and its text parses again.
#include "model/version.hpp"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace {
void require(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using envlock::Version;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = text.find('\n');
  const std::optional<Version> a = Version::parse(text.substr(0, cut));
  if (!a) return 0;
  require(*a == *a && a->starts_with(*a));
  const std::optional<Version> again = Version::parse(a->text());
  require(again && *again == *a && again->text() == a->text());
  if (const auto shorter = a->without_last_component()) require(a->starts_with(*shorter));
  if (cut == std::string_view::npos) return 0;
  if (const std::optional<Version> b = Version::parse(text.substr(cut + 1))) {
    require((*a < *b) == (*b > *a) && (*a == *b) == (*b == *a));
    if (*a == *b) require(a->starts_with(*b) && b->starts_with(*a));
  }
  return 0;
}
