#include "pack/kept_records.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "pack/prefix_records.hpp"

namespace envlock {

std::optional<PrefixRecord> renewed_record(std::span<const InstalledState::Package* const> kept,
                                           const PrefixRecord& now,
                                           std::vector<std::string>& remove) {
  const auto found = std::ranges::find_if(kept, [&](const InstalledState::Package* package) {
    return distinct_name(package->record.record) == distinct_name(now.record);
  });
  if (found == kept.end()) return std::nullopt;
  const PrefixRecord& before = (*found)->record;
  const auto is_foreign = [](const PrefixPath& path) {
    return path.kind == PrefixPath::Kind::other;
  };
  // Another tool's record of its own kind, which this one could not write.
  if (std::ranges::any_of(before.paths, is_foreign)) return std::nullopt;
  PrefixRecord record{now.record, before.requested_specs, before.paths};
  if (before.requested_specs.empty() != now.requested_specs.empty())
    record.requested_specs = now.requested_specs;
  if (write_prefix_record(record) == write_prefix_record(before)) return std::nullopt;
  // Who wrote it may have given it another name.
  if ((*found)->file_name != prefix_record_file_name(now.record))
    remove.push_back("conda-meta/" + (*found)->file_name);
  return record;
}

void take_shared_paths(const TreePlan& plan, const PrefixDifference& difference,
                       std::vector<PrefixRecord>& records) {
  std::map<std::string_view, const PrefixPath*> known;
  for (const InstalledState::Package* kept : difference.kept) {
    for (const PrefixPath& path : kept->record.paths) known.emplace(path.path, &path);
  }
  for (std::size_t i = 0; i < plan.packages.size(); ++i) {
    if (!difference.wanted[i]) continue;
    for (PrefixPath& path : records[i].paths) {
      const auto file = std::ranges::lower_bound(plan.files, path.path, {}, &PlannedFile::path);
      if (file == plan.files.end() || file->path != path.path ||
          difference.wanted[file->owners.front()])
        continue;
      if (const auto found = known.find(path.path); found != known.end()) path = *found->second;
    }
  }
}

}  // namespace envlock
