// Any bytes as a repodata.json: refused with an error, or an index that opens and can be read
// whole, and that does not depend on how the bytes arrive.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include "model/error.hpp"
#include "solver/index.hpp"

namespace {

using namespace envlock;

std::optional<std::vector<std::byte>> build(std::span<const std::byte> json, std::size_t piece,
                                            bool record_by_record) {
  IndexBuilder::Options options;
  options.subdir = "linux-64";
  options.source_name = "repodata.json";
  if (record_by_record) options.on_record = [](std::string_view, std::string_view) {};
  try {
    IndexBuilder builder(std::move(options));
    while (!json.empty()) {
      const std::size_t size = std::min(piece, json.size());
      builder.feed(json.first(size));
      json = json.subspan(size);
    }
    return builder.finish();
  } catch (const InternalError&) {
    throw;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> json = std::as_bytes(std::span(data, size));
  const auto bytes = build(json, json.size() + 1, false);
  if (build(json, 1 + size / 7, true) != bytes) std::abort();
  if (!bytes) return 0;
  const auto index = Index::open(*bytes, nullptr, true);
  if (index == nullptr) std::abort();
  for (RecordId id = 0; id < index->summary().records; ++id) {
    if (index->record(id).fn.empty() || index->find(index->name(id)).empty()) std::abort();
    if (const auto twin = index->conda_twin(id); twin && *twin == id) std::abort();
  }
  return 0;
}
