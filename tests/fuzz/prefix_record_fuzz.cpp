// Records of a prefix: what is accepted is written in a form that is accepted again.
#include "model/prefix_record.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  try {
    const auto record =
        read_prefix_record({reinterpret_cast<const char*>(data), size}, "conda-meta/x.json");
    // Cut into parts of an item or so, it is the same record.
    std::vector<PrefixPath> paths;
    const auto in_parts = read_prefix_record(
        {reinterpret_cast<const char*>(data), size}, "conda-meta/x.json",
        [&](const PrefixRecord&, PrefixPath path, bool is_listed_only) {
          if (!is_listed_only) paths.push_back(std::move(path));
          return true;
        },
        1);
    if (in_parts.has_value() != record.has_value()) std::abort();
    if (!record) return 0;
    if (paths.size() > record->paths.size()) std::abort();
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (paths[i] != record->paths[i]) std::abort();
    }
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
