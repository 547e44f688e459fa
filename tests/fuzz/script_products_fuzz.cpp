// What a prefix says that link scripts made: what is accepted is written in a form that is accepted
// again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"
#include "model/script_products.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const auto products =
        read_script_products({reinterpret_cast<const char*>(data), size}, "products");
    if (read_script_products(write_script_products(products), "again") != products) std::abort();
  } catch (const InputError&) {
  }
  return 0;
}
