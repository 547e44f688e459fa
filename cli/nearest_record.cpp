#include "cli/nearest_record.hpp"

#include <algorithm>

#include "model/record_match.hpp"
#include "model/version.hpp"

namespace envlock {
namespace {

PackageRecord whole_record(const SolverChannel& channel, std::size_t subdir, RecordId id) {
  PackageRecord record = channel.subdirs[subdir]->record(id);
  record.channel_url = channel.channel.url.to_string();
  record.url = package_url(channel.subdir_urls[subdir], record.fn).to_string();
  return record;
}

/// Calls `use(channel, subdir, id)` for each record of the name that could be locked.
template <class Use>
void for_each_record(const SolverChannel& channel, const std::string& name, const Use& use) {
  for (std::size_t i = 0; i < channel.subdirs.size(); ++i) {
    const Index& index = *channel.subdirs[i];
    const Index::Range range = index.find(name);
    for (RecordId id = range.first; id != range.last; ++id) {
      if (index.has_sha256(id) && !index.is_conditional(id)) use(i, id);
    }
  }
}

std::size_t common_start(std::string_view a, std::string_view b) noexcept {
  const auto [end, other] = std::ranges::mismatch(a, b);
  return static_cast<std::size_t>(end - a.begin());
}

/// How far a version is from the wanted one; the first difference counts.
struct Distance {
  int kind = 3;  ///< 0: the same, 1: later, 2: earlier.
  Version version;
  std::size_t common = 0;  ///< Of the builds.

  /// Of later versions the first is nearest, of earlier ones the last.
  [[nodiscard]] bool is_nearer_than(const Distance& other) const {
    if (kind != other.kind) return kind < other.kind;
    if (version != other.version)
      return kind == 1 ? version < other.version : other.version < version;
    return common > other.common;
  }
};

}  // namespace

std::optional<PackageRecord> best_match(const MatchSpec& spec,
                                        const std::vector<SolverChannel>& channels) {
  for (const SolverChannel& channel : channels) {
    std::optional<PackageRecord> best;
    for_each_record(channel, spec.name(), [&](std::size_t subdir, RecordId id) {
      const Index& index = *channel.subdirs[subdir];
      const auto version = Version::parse(index.version(id));
      if (best || !version || !spec.matches_build(index.build(id), index.build_number(id)) ||
          !spec.version().matches(*version))
        return;
      PackageRecord record = whole_record(channel, subdir, id);
      if (record_matches(spec, record, *version)) best = std::move(record);
    });
    if (best) return best;
  }
  return std::nullopt;
}

std::optional<PackageRecord> nearest_record(const std::string& name, const std::string& version,
                                            const std::string& build,
                                            const std::vector<SolverChannel>& channels) {
  const auto wanted = Version::parse(version);
  for (const SolverChannel& channel : channels) {
    std::optional<Distance> best;
    std::size_t best_subdir = 0;
    RecordId best_id = 0;
    for_each_record(channel, name, [&](std::size_t subdir, RecordId id) {
      const Index& index = *channel.subdirs[subdir];
      const auto found = Version::parse(index.version(id));
      if (!found) return;
      const int kind = !wanted ? 2 : *found == *wanted ? 0 : *wanted < *found ? 1 : 2;
      Distance distance{kind, *found, common_start(index.build(id), build)};
      if (best && !distance.is_nearer_than(*best)) return;
      best = std::move(distance);
      best_subdir = subdir;
      best_id = id;
    });
    if (best) return whole_record(channel, best_subdir, best_id);
  }
  return std::nullopt;
}

}  // namespace envlock
