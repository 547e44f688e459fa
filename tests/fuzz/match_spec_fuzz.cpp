// MatchSpecs: what parses prints a canonical text that parses to the same.
#include "model/match_spec.hpp"

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
  using envlock::MatchSpec;
  try {
    const auto spec = MatchSpec::parse({reinterpret_cast<const char*>(data), size});
    const std::string text = spec.to_string();
    const auto again = MatchSpec::parse(text);
    require(again.to_string() == text && again.name() == spec.name());
    require(again.channel() == spec.channel() && again.build() == spec.build());
    require(again.is_conditional() == spec.is_conditional());
    envlock::MatchFields fields;
    fields.name = spec.has_exact_name() ? std::string_view(spec.name()) : "x";
    require(spec.matches(fields) == again.matches(fields));
  } catch (const envlock::InputError&) {  // the refusal of malformed text
  }
  return 0;
}
