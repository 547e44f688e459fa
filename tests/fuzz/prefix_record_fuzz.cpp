// Records of a prefix: what is accepted is written in a form that is accepted again.
#include "model/prefix_record.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const auto record =
        read_prefix_record({reinterpret_cast<const char*>(data), size}, "conda-meta/x.json");
    if (!record) return 0;
    const bool writable = std::none_of(record->paths.begin(), record->paths.end(), [](auto& path) {
      return path.kind == PrefixPath::Kind::other;
    });
    if (!writable) return 0;
    const std::string text = write_prefix_record(*record);
    const auto again = read_prefix_record(text, "conda-meta/x.json");
    if (!again || again->paths != record->paths) std::abort();
  } catch (const InputError&) {  // the refusal of what is no record
  }
  return 0;
}
