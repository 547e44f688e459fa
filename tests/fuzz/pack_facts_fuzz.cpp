// The facts of a pack: what is accepted is written in a form that says the same.
#include "model/pack_facts.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const PackFacts facts =
        read_pack_facts({reinterpret_cast<const char*>(data), size}, "pack.json");
    for (const auto& [path, sha256] : facts.documents) {
      if (!path.starts_with("conda-meta/") || path.find("..") == 11) std::abort();
    }
    if (read_pack_facts(write_pack_facts(facts), "pack.json") != facts) std::abort();
  } catch (const InputError&) {  // the refusal of what is none
  }
  return 0;
}
