#include <algorithm>
#include <set>
#include <utility>

#include "model/error.hpp"
#include "model/text.hpp"
#include "solver/matching.hpp"
#include "solver/solve.hpp"

namespace envlock {
namespace {

struct Hit {
  RecordPlace place;
  const Index* index = nullptr;
  Version version;
};

/// Of one name: by channel, then as the solver prefers (design section 6).
bool comes_first(const Hit& a, const Hit& b) {
  const RecordId left = a.place.id;
  const RecordId right = b.place.id;
  if (a.place.channel != b.place.channel) return a.place.channel < b.place.channel;
  const auto tracked = a.index->track_features_count(left);
  const auto other_tracked = b.index->track_features_count(right);
  if (tracked != other_tracked) return tracked < other_tracked;
  if (const auto order = a.version <=> b.version; order != 0) return order > 0;
  const auto number = a.index->build_number(left);
  const auto other_number = b.index->build_number(right);
  if (number != other_number) return number > other_number;
  const auto time = a.index->timestamp_ms(left).value_or(0);
  const auto other_time = b.index->timestamp_ms(right).value_or(0);
  if (time != other_time) return time > other_time;
  const auto name = a.index->file_name(left);
  const auto other_name = b.index->file_name(right);
  if (name != other_name) return name < other_name;
  return a.index->summary().subdir < b.index->summary().subdir;
}

/// The channels that a spec looks through.
class Places {
 public:
  Places(const MatchSpec& spec, const SolveQuestion& question) : spec_(spec), question_(question) {
    std::vector<std::uint32_t> meant;
    if (spec.channel()) meant = channels_meant(*spec.channel(), question);
    for (std::uint32_t c = 0; c < question.channels.size(); ++c) {
      urls_.push_back(question.channels[c].channel.url.to_string());
      if (!spec.channel() || std::count(meant.begin(), meant.end(), c) != 0) channels_.push_back(c);
    }
  }

  [[nodiscard]] bool empty() const { return channels_.empty(); }

  /// The names that may have records, in order.
  [[nodiscard]] std::vector<std::string_view> names() const {
    if (spec_.has_exact_name()) return {spec_.name()};
    std::vector<std::string_view> names;
    for (const std::uint32_t c : channels_) {
      for (const auto& index : question_.channels[c].subdirs) {
        for (std::size_t i = 0; i < index->name_count(); ++i) {
          if (spec_.matches_name(index->name_at(i))) names.push_back(index->name_at(i));
        }
      }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  /// The records of one name that `spec` matches, in no order.
  void find(const MatchSpec& spec, std::string_view name, std::vector<Hit>& hits) const {
    for (const std::uint32_t c : channels_) {
      const SolverChannel& channel = question_.channels[c];
      for (std::uint32_t s = 0; s < channel.subdirs.size(); ++s) {
        const Index& index = *channel.subdirs[s];
        const Index::Range range = index.find(name);
        for (RecordId id = range.first; id < range.last; ++id) {
          auto version = Version::parse(index.version(id));
          if (!version) continue;  // the index holds no such record
          if (spec_matches(spec, {&channel, urls_[c], s, id, name, &*version}))
            hits.push_back({{c, s, id}, &index, std::move(*version)});
        }
      }
    }
  }

 private:
  const MatchSpec& spec_;
  const SolveQuestion& question_;
  std::vector<std::uint32_t> channels_;
  std::vector<std::string> urls_;  ///< Of all channels.
};

}  // namespace

std::vector<RecordPlace> find_records(const std::string& text, const SolveQuestion& question) {
  const MatchSpec spec = MatchSpec::parse(text);
  const Places places(spec, question);
  std::vector<RecordPlace> found;
  std::vector<Hit> hits;
  for (const std::string_view name : places.names()) {
    hits.clear();
    places.find(spec, name, hits);
    std::sort(hits.begin(), hits.end(), comes_first);
    for (const Hit& hit : hits) found.push_back(hit.place);
  }
  return found;
}

PackageRecord record_at(const RecordPlace& place, const SolveQuestion& question) {
  const SolverChannel& channel = question.channels.at(place.channel);
  PackageRecord record = channel.subdirs.at(place.subdir)->record(place.id);
  record.channel_url = channel.channel.url.to_string();
  record.url = package_url(channel.subdir_urls.at(place.subdir), record.fn).to_string();
  return record;
}

std::vector<FoundRecord> search(const std::string& text, const SolveQuestion& question) {
  std::vector<FoundRecord> found;
  for (const RecordPlace& place : find_records(text, question))
    found.push_back({record_at(place, question), place.channel});
  return found;
}

std::optional<std::string> nearest_name(const std::string& name, const SolveQuestion& question) {
  std::vector<std::string_view> known;
  for (const SolverChannel& channel : question.channels) {
    if (channel.all_names) {
      const std::vector<std::string_view> names = channel.all_names();
      known.insert(known.end(), names.begin(), names.end());
    }
    for (const auto& index : channel.subdirs) {
      for (std::size_t i = 0; i < index->name_count(); ++i) known.push_back(index->name_at(i));
    }
  }
  std::sort(known.begin(), known.end());
  return nearest_word(name, known);
}

std::string nearest_to(const std::string& text, const SolveQuestion& question) {
  const MatchSpec spec = MatchSpec::parse(text);
  const Places places(spec, question);
  if (places.empty()) {
    std::string channels;
    for (const SolverChannel& channel : question.channels) {
      channels += (channels.empty() ? "" : ", ") + channel.channel.url.to_string();
    }
    return "'" + *spec.channel() +
           "::' means none of the channels that are looked through: " + channels;
  }
  if (!spec.has_exact_name()) return {};
  std::vector<Hit> hits;
  places.find(MatchSpec::parse(spec.name()), spec.name(), hits);
  if (hits.empty()) {
    const auto near = nearest_name(spec.name(), question);
    return near && *near != spec.name() ? "did you mean '" + *near + "'?" : std::string();
  }
  std::sort(hits.begin(), hits.end(),
            [](const Hit& a, const Hit& b) { return a.version < b.version; });
  std::size_t versions = 1;
  for (std::size_t i = 1; i < hits.size(); ++i) {
    if (hits[i - 1].version != hits[i].version) ++versions;
  }
  std::string there = hits.front().version.text();
  if (versions == 2) there += " and " + hits.back().version.text();
  if (versions > 2) {
    there += " to " + hits.back().version.text() + " (" + std::to_string(versions) + " versions)";
  }
  return "of '" + spec.name() + "' there is " + there;
}

}  // namespace envlock
