// Baselines: what is accepted is written in a form that is accepted again, as the same baseline.
#include "model/baseline.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const Baseline baseline =
        read_baseline({reinterpret_cast<const char*>(data), size}, "baseline.json");
    const std::string text = write_baseline(baseline);
    const Baseline again = read_baseline(text, "baseline.json");
    if (!(again == baseline) || write_baseline(again) != text) std::abort();
  } catch (const InputError&) {  // the refusal of what is no baseline
  }
  return 0;
}
