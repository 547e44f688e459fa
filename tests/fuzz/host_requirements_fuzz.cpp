// The requirements in a pack: what is accepted is written in a form that says the same.
#include "model/host_requirements.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const JsonDocument document({reinterpret_cast<const char*>(data), size}, "needs.json");
    const HostRequirements needs = read_host_requirements(document.root());
    JsonWriter json;
    write_host_requirements(json, needs);
    const std::string text = json.take();
    const JsonDocument again(text, "needs.json");
    if (read_host_requirements(again.root()) != needs) std::abort();
    (void)judge_host(needs, HostDescription{}, "/opt/env");
  } catch (const InputError&) {  // the refusal of what is none
  }
  return 0;
}
