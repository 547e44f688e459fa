#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"
#include "model/time.hpp"
#include "model/virtual_package.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Instant now{1'769'860'800'000};
  if (const auto instant = parse_instant(text)) {
    if (parse_instant(instant->to_string()) != instant) std::abort();
  }
  try {
    const Instant cutoff = parse_exclude_newer(text, now).cutoff;
    if (parse_instant(cutoff.to_string()) != cutoff) std::abort();
  } catch (const InputError&) {
  }
  try {
    const VirtualPackage package = parse_virtual_package(text);
    if (parse_virtual_package(package.to_string()) != package) std::abort();
  } catch (const InputError&) {
  }
  return 0;
}
