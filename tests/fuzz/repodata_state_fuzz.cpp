// The cache's state of a repodata: what parses is written again just so, and can be sent as header.
#include "fetch/repodata_state.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fetch/http_headers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto state = envlock::RepodataState::parse(text);
  if (!state) return 0;
  if (state->to_string() != text) std::abort();
  if (!envlock::is_header_text(state->etag)) std::abort();
  if (!envlock::is_header_text(state->last_modified)) std::abort();
  if (state->file.find('/') != std::string::npos) std::abort();
  return 0;
}
