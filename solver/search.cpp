#include <algorithm>
#include <utility>

#include "model/error.hpp"
#include "solver/matching.hpp"
#include "solver/solve.hpp"

namespace envlock {
namespace {

struct Hit {
  FoundRecord found;
  Version version;
  std::size_t tracked = 0;
};

/// By name, then channel, then as the solver prefers (design section 6).
bool comes_first(const Hit& a, const Hit& b) {
  const PackageRecord& left = a.found.record;
  const PackageRecord& right = b.found.record;
  if (left.name != right.name) return left.name < right.name;
  if (a.found.channel != b.found.channel) return a.found.channel < b.found.channel;
  if (a.tracked != b.tracked) return a.tracked < b.tracked;
  if (const auto order = a.version <=> b.version; order != 0) return order > 0;
  if (left.build_number != right.build_number) return left.build_number > right.build_number;
  if (left.timestamp_ms != right.timestamp_ms)
    return left.timestamp_ms.value_or(0) > right.timestamp_ms.value_or(0);
  return std::pair(left.fn, left.subdir) < std::pair(right.fn, right.subdir);
}

}  // namespace

std::vector<FoundRecord> search(const std::string& text, const SolveQuestion& question) {
  const MatchSpec spec = MatchSpec::parse(text);
  std::vector<std::uint32_t> channels;
  if (spec.channel()) channels = channels_meant(*spec.channel(), question);

  std::vector<Hit> hits;
  for (std::uint32_t c = 0; c < question.channels.size(); ++c) {
    if (spec.channel() && std::count(channels.begin(), channels.end(), c) == 0) continue;
    const SolverChannel& channel = question.channels[c];
    const std::string channel_url = channel.channel.url.to_string();
    for (std::uint32_t s = 0; s < channel.subdirs.size(); ++s) {
      const Index& index = *channel.subdirs[s];
      const auto look = [&](std::string_view name, Index::Range range) {
        for (RecordId id = range.first; id < range.last; ++id) {
          auto version = Version::parse(index.version(id));
          if (!version) continue;  // the index holds no such record
          if (!spec_matches(spec, {&channel, channel_url, s, id, name, &*version})) continue;
          Hit hit{{index.record(id), c}, std::move(*version), index.track_features_count(id)};
          hit.found.record.channel_url = channel_url;
          hit.found.record.url =
              package_url(channel.subdir_urls[s], hit.found.record.fn).to_string();
          hits.push_back(std::move(hit));
        }
      };
      if (spec.has_exact_name()) {
        look(spec.name(), index.find(spec.name()));
      } else {
        for (std::size_t i = 0; i < index.name_count(); ++i)
          if (spec.matches_name(index.name_at(i))) look(index.name_at(i), index.range_at(i));
      }
    }
  }
  std::sort(hits.begin(), hits.end(), comes_first);
  std::vector<FoundRecord> found;
  for (Hit& hit : hits) found.push_back(std::move(hit.found));
  return found;
}

}  // namespace envlock
