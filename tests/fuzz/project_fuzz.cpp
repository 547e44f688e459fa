#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/project.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    for (const auto& environment : parse_project(text, "envlock.yml").environments) {
      if (environment.lock.starts_with("..") || environment.lock.starts_with('/')) std::abort();
    }
  } catch (const InputError&) {
  }
  return 0;
}
