// Version constraints: what parses prints a text that parses to the same, with the same matches.
#include "model/version_spec.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

namespace {
void require(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using envlock::VersionSpec;
  static constexpr std::array<std::string_view, 6> versions{"1",       "1.7.1",  "2013a",
                                                            "1!2.3+4", "1.0.1_", "3.8.0rc1"};
  try {
    const auto spec = VersionSpec::parse({reinterpret_cast<const char*>(data), size});
    const auto again = VersionSpec::parse(spec.to_string());
    require(again == spec && again.is_any() == spec.is_any() && !again.is_ambiguous());
    for (const std::string_view text : versions) {
      const auto version = envlock::Version::parse_or_throw(text);
      require(spec.matches(version) == again.matches(version));
    }
  } catch (const envlock::InputError&) {  // the refusal of malformed text
  }
  return 0;
}
