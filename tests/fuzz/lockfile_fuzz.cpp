// Lockfiles: what is accepted is written in a form that is accepted again, with the same bytes.
#include "model/lockfile.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const Lockfile lock =
        read_lockfile({reinterpret_cast<const char*>(data), size}, "envlock.lock", "/home/me");
    const std::string text = write_lockfile(lock);
    const Lockfile again = read_lockfile(text, "envlock.lock", "/home/me");
    if (!(again == lock) || write_lockfile(again) != text) std::abort();
    if (!compare_inputs(lock.inputs, again.inputs).empty()) std::abort();
  } catch (const InputError&) {  // the refusal of what is no lock
  }
  return 0;
}
