#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/environment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Environment environment = parse_environment(text, "environment.yml");
    for (const auto subdir : known_subdirs()) {
      const auto platform = Platform::parse(subdir);
      if (!platform) continue;
      if (environment.specs_for(*platform).size() > environment.files[0].specs.size()) std::abort();
      if (environment.pip_for(*platform).size() > environment.files[0].pip.size()) std::abort();
    }
    merge_environments({environment, environment});
  } catch (const InputError&) {
  }
  return 0;
}
