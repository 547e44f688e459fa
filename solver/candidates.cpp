#include <algorithm>
#include <set>
#include <utility>

#include "model/text.hpp"
#include "solver/matching.hpp"
#include "solver/problem.hpp"

namespace envlock {
namespace {

/// A name pattern with '*', as `owns:` takes it.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool is_virtual_name(std::string_view name) { return name.substr(0, 2) == "__"; }

/// A spec of the policy or of `--update`, with the channels that it means.
struct Filter {
  MatchSpec spec;
  std::optional<std::vector<std::uint32_t>> channels;
};

std::vector<Filter> parse_filters(const std::vector<Request>& requests,
                                  const SolveQuestion& question) {
  std::vector<Filter> filters;
  for (const Request& request : requests) {
    try {
      Filter filter{MatchSpec::parse(request.text), std::nullopt};
      if (filter.spec.channel()) filter.channels = channels_meant(*filter.spec.channel(), question);
      filters.push_back(std::move(filter));
    } catch (const InputError& error) {
      throw InputError(request.place, error.what(), error.hint());
    }
  }
  return filters;
}

class ProblemLoader {
 public:
  explicit ProblemLoader(const SolveQuestion& question)
      : question_(question),
        denied_(parse_filters(question.denied, question)),
        constraints_(parse_filters(question.constraints, question)) {
    for (Filter& update : parse_filters(question.updates, question))
      constraints_.push_back(std::move(update));
    problem_.question = &question;
    for (const SolverChannel& channel : question.channels) {
      problem_.channel_urls.push_back(channel.channel.url.to_string());
      auto& caches = dependency_caches_.emplace_back();
      for (const auto& index : channel.subdirs) caches.emplace_back(index->text_count(), no_id);
    }
  }

  LoadedProblem load() {
    for (const Request& request : question_.requests) add_request(request);
    for (const VirtualPackage& package : question_.virtual_packages) name_id(package.name);
    for (NameId name = 0; name < problem_.names.size(); ++name) load_name(name);
    match_all(problem_);
    return std::move(problem_);
  }

 private:
  using Place = std::pair<std::uint32_t, std::uint32_t>;  // channel, subdir

  NameId name_id(std::string_view text) {
    const auto [entry, added] = problem_.name_ids.try_emplace(
        std::string(text), static_cast<NameId>(problem_.names.size()));
    if (added) {
      Name& name = problem_.names.emplace_back();
      name.text = text;
      name.is_virtual = is_virtual_name(text);
    }
    return entry->second;
  }

  void add_request(const Request& request) {
    try {
      LoadedRequest loaded{&request, MatchSpec::parse(request.text), no_id, no_id, {}, false};
      if (!loaded.spec.has_exact_name())
        throw InputError("'" + request.text + "' does not name one package",
                         "write the package's name; globs and regular expressions are for search");
      if (loaded.spec.is_conditional())
        throw InputError("'" + request.text + "' has a condition, extras or flags",
                         "only plain requests can be solved: leave when=, extras= and flags= out");
      if (loaded.spec.channel()) {
        loaded.channels = channels_meant(*loaded.spec.channel(), question_);
        loaded.names_channel = true;
      }
      loaded.name = name_id(loaded.spec.name());
      problem_.requests.push_back(std::move(loaded));
    } catch (const InputError& error) {
      throw InputError(request.place, error.what(), error.hint());
    }
  }

  /// Which channels may serve `name`, in priority order. Counts what the others have.
  std::vector<std::uint32_t> channels_for(NameId id) {
    Name& name = problem_.names[id];
    std::set<std::uint32_t> by_request;
    for (const LoadedRequest& request : problem_.requests)
      if (request.name == id && request.names_channel)
        by_request.insert(request.channels.begin(), request.channels.end());
    for (std::uint32_t c = 0; c < question_.channels.size() && !name.owner; ++c)
      for (const std::string& pattern : question_.channels[c].owns)
        if (glob_matches(to_lower(pattern), name.text)) name.owner = c;

    std::vector<std::uint32_t> serving;
    bool hidden = false;
    for (std::uint32_t c = 0; c < question_.channels.size(); ++c) {
      const std::uint32_t records = count_records(c, name.text);
      const bool listed = !question_.channels[c].only_by_name;
      if (records == 0 || (!listed && by_request.count(c) == 0)) continue;
      if (name.owner && *name.owner != c) {
        add_left_out(name, LeftOut::owned_by_other, records);
      } else if (by_request.count(c) != 0) {
        serving.push_back(c);
      } else if (hidden) {
        add_left_out(name, LeftOut::hidden_by_priority, records);
        name.hidden_channels.push_back(c);
      } else {
        serving.push_back(c);
        hidden = question_.priority == ChannelPriority::strict;
      }
    }
    return serving;
  }

  std::uint32_t count_records(std::uint32_t channel, std::string_view name) const {
    std::uint32_t count = 0;
    for (const auto& index : question_.channels[channel].subdirs) {
      const Index::Range range = index->find(name);
      count += range.last - range.first;
    }
    return count;
  }

  static void add_left_out(Name& name, LeftOut why, std::uint32_t count = 1) {
    name.left_out.at(static_cast<std::size_t>(why)) += count;
  }

  void load_name(NameId id) {
    problem_.names[id].first = static_cast<CandidateId>(problem_.candidates.size());
    if (problem_.names[id].is_virtual) {
      load_virtual(id);
    } else {
      for (const std::uint32_t c : channels_for(id))
        for (std::uint32_t s = 0; s < question_.channels[c].subdirs.size(); ++s)
          load_range(id, {c, s});
    }
    problem_.names[id].last = static_cast<CandidateId>(problem_.candidates.size());
    sort_versions(problem_.names[id]);
    spellings_.clear();
  }

  void load_virtual(NameId id) {
    for (std::uint32_t i = 0; i < question_.virtual_packages.size(); ++i) {
      const VirtualPackage& package = question_.virtual_packages[i];
      if (package.name != problem_.names[id].text) continue;
      const auto version = version_id(problem_.names[id], package.version);
      if (!version) continue;
      Candidate& candidate = problem_.candidates.emplace_back();
      candidate.name = id;
      candidate.version = *version;
      candidate.record = i;
      candidate.first_text = static_cast<std::uint32_t>(problem_.text_lists.size());
    }
  }

  void load_range(NameId id, Place place) {
    const Index& index = *question_.channels[place.first].subdirs[place.second];
    const Index::Range range = index.find(problem_.names[id].text);
    for (RecordId record = range.first; record < range.last; ++record)
      load_record(id, place, index, record);
  }

  void load_record(NameId id, Place place, const Index& index, RecordId record) {
    Name& name = problem_.names[id];
    if (const auto twin = index.conda_twin(record); twin && !unusable(place, index, *twin)) return;
    if (const auto why = unusable(place, index, record)) return add_left_out(name, *why);
    const auto version = version_id(name, index.version(record));
    if (!version) return;  // the index holds no record whose version cannot be parsed
    const SolverChannel& channel = question_.channels[place.first];
    const RecordView view{&channel,  problem_.channel_urls[place.first], place.second, record,
                          name.text, &name.versions[*version].version};
    if (const auto why = forbidden(view, place.first)) return add_left_out(name, *why);

    Candidate candidate;
    candidate.name = id;
    candidate.version = *version;
    candidate.channel = place.first;
    candidate.subdir = place.second;
    candidate.record = record;
    candidate.track_features = index.track_features_count(record);
    candidate.build_number = index.build_number(record);
    candidate.timestamp_ms = index.timestamp_ms(record).value_or(0);
    candidate.first_text = static_cast<std::uint32_t>(problem_.text_lists.size());
    if (const auto why = add_texts(place, index, candidate)) {
      problem_.text_lists.resize(candidate.first_text);
      return add_left_out(problem_.names[id], *why);
    }
    problem_.candidates.push_back(candidate);
  }

  /// What alone decides that a record is no candidate, the policy and its texts aside.
  [[nodiscard]] std::optional<LeftOut> unusable(Place place, const Index& index,
                                                RecordId record) const {
    const std::optional<std::int64_t>& youngest = question_.channels[place.first].newest_ms;
    if (question_.exclude_newer_ms || youngest) {
      auto time = index.indexed_timestamp_ms(record);
      if (time.value_or(0) == 0) time = index.timestamp_ms(record);
      if (time.value_or(0) == 0) {
        if (!question_.keep_records_without_timestamp) return LeftOut::without_time;
      } else if (question_.exclude_newer_ms && *time > *question_.exclude_newer_ms) {
        return LeftOut::too_new;
      } else if (youngest && *time > *youngest) {
        return LeftOut::too_young;
      }
    }
    if (const auto why = unproved(place, index, record)) return why;
    if (!index.has_sha256(record)) return LeftOut::without_sha256;
    if (index.is_conditional(record)) return LeftOut::conditional;
    return std::nullopt;
  }

  [[nodiscard]] std::optional<LeftOut> unproved(Place place, const Index& index,
                                                RecordId record) const {
    const SignaturePolicy policy = question_.channels[place.first].signatures;
    if (policy == SignaturePolicy::not_looked_at) return std::nullopt;
    const auto verdict = index.signatures(record);
    if (!verdict) return LeftOut::not_signed;  // an index made without judging proves nothing
    if (verdict->state == SignatureVerdict::State::bad) return LeftOut::badly_signed;
    const bool is_signed = verdict->state == SignatureVerdict::State::good;
    if (!is_signed && policy == SignaturePolicy::require) return LeftOut::not_signed;
    return std::nullopt;
  }

  [[nodiscard]] std::optional<LeftOut> forbidden(const RecordView& view,
                                                 std::uint32_t channel) const {
    const auto hit = [&](const Filter& filter) {
      if (filter.channels &&
          std::count(filter.channels->begin(), filter.channels->end(), channel) == 0)
        return false;
      return spec_matches(filter.spec, view);
    };
    if (std::any_of(denied_.begin(), denied_.end(), hit)) return LeftOut::denied;
    for (const Filter& filter : constraints_)
      if (filter.spec.matches_name(view.name) && !hit(filter)) return LeftOut::constrained;
    const auto exactly = question_.exactly.find(std::string(view.name));
    if (exactly != question_.exactly.end() && !is_record(view, exactly->second))
      return LeftOut::not_the_record;
    return std::nullopt;
  }

  static bool is_record(const RecordView& view, const PackageRecord& wanted) {
    const Index& index = *view.channel->subdirs[view.subdir];
    if (index.file_name(view.id) != wanted.fn || index.summary().subdir != wanted.subdir ||
        view.channel_url != wanted.channel_url)
      return false;
    return !wanted.sha256 || index.record(view.id).sha256 == wanted.sha256;
  }

  /// Reads a candidate's dependencies and constraints, and queues the names of the former.
  std::optional<LeftOut> add_texts(Place place, const Index& index, Candidate& candidate) {
    for (const TextId text : index.depends(candidate.record)) {
      const DependencyId id = dependency_id(place, index, text);
      const Dependency& dependency = problem_.dependencies[id];
      if (!dependency.spec || !dependency.spec->has_exact_name())
        return LeftOut::unreadable_dependency;
      if (dependency.spec->is_conditional()) return LeftOut::conditional;
      problem_.text_lists.push_back(id);
      ++candidate.depends;
    }
    for (const TextId text : index.constrains(candidate.record)) {
      const DependencyId id = dependency_id(place, index, text);
      const Dependency& dependency = problem_.dependencies[id];
      if (!dependency.spec) return LeftOut::unreadable_dependency;
      if (dependency.spec->is_conditional()) return LeftOut::conditional;
      problem_.text_lists.push_back(id);
      ++candidate.constrains;
    }
    for (std::uint32_t i = 0; i < candidate.depends; ++i) {
      Dependency& dependency = problem_.dependencies[problem_.text_lists[candidate.first_text + i]];
      if (dependency.name == no_id) dependency.name = name_id(dependency.spec->name());
    }
    return std::nullopt;
  }

  DependencyId dependency_id(Place place, const Index& index, TextId text) {
    DependencyId& cached = dependency_caches_[place.first][place.second].at(text);
    if (cached != no_id) return cached;
    const std::string_view written = index.text(text);
    const auto [entry, added] = dependency_ids_.try_emplace(
        written, static_cast<DependencyId>(problem_.dependencies.size()));
    cached = entry->second;
    if (added) {
      Dependency& dependency = problem_.dependencies.emplace_back();
      dependency.text = written;
      try {
        dependency.spec = MatchSpec::parse(written);
      } catch (const InputError&) {
        // Its records are no candidates; they are counted where they are met.
      }
    }
    return cached;
  }

  /// The position of a version text in `name.versions`, which load_name sorts at its end.
  std::optional<std::uint32_t> version_id(Name& name, std::string_view text) {
    const auto found = spellings_.find(text);
    if (found != spellings_.end()) return found->second;
    auto version = Version::parse(text);
    if (!version) return std::nullopt;
    const auto id = static_cast<std::uint32_t>(name.versions.size());
    name.versions.push_back({std::move(*version), 0});
    spellings_.emplace(text, id);
    return id;
  }

  void sort_versions(Name& name) {
    std::vector<std::uint32_t> by_age(name.versions.size());
    for (std::uint32_t i = 0; i < by_age.size(); ++i) by_age[i] = i;
    std::sort(by_age.begin(), by_age.end(), [&](std::uint32_t a, std::uint32_t b) {
      const Version& left = name.versions[a].version;
      const Version& right = name.versions[b].version;
      const auto order = left <=> right;
      return order != 0 ? order < 0 : left.text() < right.text();
    });
    std::vector<Name::DistinctVersion> sorted;
    std::vector<std::uint32_t> new_id(by_age.size());
    for (const std::uint32_t old : by_age) {
      const bool same = !sorted.empty() && sorted.back().version == name.versions[old].version;
      const std::uint32_t order = sorted.empty() ? 0 : sorted.back().order + (same ? 0 : 1);
      new_id[old] = static_cast<std::uint32_t>(sorted.size());
      sorted.push_back({std::move(name.versions[old].version), order});
    }
    name.versions = std::move(sorted);
    for (CandidateId c = name.first; c < name.last; ++c)
      problem_.candidates[c].version = new_id[problem_.candidates[c].version];
  }

  const SolveQuestion& question_;
  std::vector<Filter> denied_, constraints_;
  LoadedProblem problem_;
  std::unordered_map<std::string_view, DependencyId> dependency_ids_;
  std::vector<std::vector<std::vector<DependencyId>>> dependency_caches_;  // channel, subdir, text
  std::unordered_map<std::string_view, std::uint32_t> spellings_;  // of the name being loaded
};

}  // namespace

LoadedProblem load_problem(const SolveQuestion& question) { return ProblemLoader(question).load(); }

}  // namespace envlock
