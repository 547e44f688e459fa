// What was seen of a channel's roles: any bytes are a state or a TrustError, and a state that is
// written again reads as the same.
#include "fetch/trust_state.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using envlock::TrustState;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const TrustState state = TrustState::parse(text, "f");
    const std::string written = state.to_string();
    if (TrustState::parse(written, "f").to_string() != written) std::abort();
  } catch (const envlock::TrustError&) {  // the refusal of what is no state
  }
  return 0;
}
