// Any bytes as an index, and any changes to a sound one: not opened, or each access gives something
// or throws DamagedIndex. The checksum is not looked at, so that damage behind it is reached.
#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "solver/index.hpp"

namespace {

using namespace envlock;

std::vector<std::byte> sound_index() {
  constexpr std::string_view json =
      R"({"info":{"base_url":"../x"},"packages":{"b-1-0.tar.bz2":{"name":"b","version":"1",)"
      R"("build":"0","build_number":0,"track_features":"x y","timestamp":1505691153}},)"
      R"("packages.conda":{"b-1-0.conda":{"name":"b","version":"1","build":"0","build_number":0,)"
      R"("depends":["a >=1,<2","c"],"constrains":["d"],"indexed_timestamp":1},)"
      R"("odd.conda":{"name":"a","version":"2","build":"h_1","build_number":70000,)"
      R"("size":9999999999,"license":"MIT"}}})";
  IndexBuilder::Options options;
  options.subdir = "linux-64";
  options.source_name = "repodata.json";
  IndexBuilder builder(std::move(options));
  builder.feed(std::as_bytes(std::span(json)));
  return builder.finish();
}

template <class Access>
void touch(Access access) {
  try {
    access();
  } catch (const DamagedIndex&) {  // what a caller is told of damage
  }
}

void read(std::span<const std::byte> bytes) {
  const auto index = Index::open(bytes, nullptr, false);
  if (index == nullptr) return;
  const auto records =
      static_cast<RecordId>(std::min<std::uint64_t>(index->summary().records, 1000));
  for (RecordId id = 0; id <= records; ++id) {
    touch([&] { (void)index->record(id); });
    touch([&] { (void)index->conda_twin(id); });
    touch([&] { (void)index->track_features(id); });
    touch([&] {
      for (const TextId text : index->depends(id)) (void)index->text(text);
    });
    touch([&] { (void)index->text(index->version_id(id)); });
  }
  for (std::size_t i = 0; i <= std::min<std::size_t>(index->name_count(), 1000); ++i) {
    touch([&] { (void)index->range_at(i); });
    touch([&] { (void)index->find(index->name_at(i)); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read(std::as_bytes(std::span(data, size)));
  static const std::vector<std::byte> sound = sound_index();
  // Each three bytes: where to change, and to what.
  std::vector<std::byte> changed = sound;
  for (std::size_t at = 0; at + 3 <= size; at += 3) {
    const std::size_t where = data[at] | static_cast<std::size_t>(data[at + 1]) << 8U;
    changed[where % changed.size()] = static_cast<std::byte>(data[at + 2]);
  }
  read(changed);
  return 0;
}
