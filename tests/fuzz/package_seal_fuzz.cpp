// The two small files beside a package: what parses is written again just so.
#include "fetch/package_seal.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fetch/http_headers.hpp"
#include "fetch/partial_origin.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto seal = envlock::PackageSeal::parse(text)) {
    if (seal->to_string() != text) std::abort();
  }
  if (const auto origin = envlock::PartialOrigin::parse(text)) {
    if (origin->to_string() != text) std::abort();
    if (!envlock::is_header_text(origin->validator)) std::abort();
  }
  return 0;
}
