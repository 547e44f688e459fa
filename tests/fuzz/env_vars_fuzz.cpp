// Files of env_vars.d: what is accepted can be written into both scripts.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/activation.hpp"
#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  ActivationFacts facts;
  try {
    add_env_vars({reinterpret_cast<const char*>(data), size}, "env_vars.json", facts.variables);
  } catch (const InputError&) {  // the refusal of what is no map of variables
    return 0;
  }
  for (const Shell shell : {Shell::posix, Shell::fish}) {
    if (activation_script(shell, facts).empty()) std::abort();
  }
  return 0;
}
