#include "solver/matching.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "model/channel.hpp"

namespace envlock {

bool spec_matches(const MatchSpec& spec, const RecordView& view) {
  const Index& index = *view.channel->subdirs[view.subdir];
  MatchFields fields;
  fields.name = view.name;
  fields.version = view.version;
  fields.build = index.build(view.id);
  fields.build_number = index.build_number(view.id);
  if (spec.looks_only_at_name_version_build()) return spec.matches(fields);

  const PackageRecord record = index.record(view.id);
  const std::string url =
      package_url(view.channel->subdir_urls[view.subdir], record.fn).to_string();
  const std::string md5 = record.md5 ? record.md5->hex() : std::string();
  const std::string sha256 = record.sha256 ? record.sha256->hex() : std::string();
  fields.channel_url = view.channel_url;
  fields.subdir = index.summary().subdir;
  fields.fn = record.fn;
  fields.url = url;
  fields.md5 = md5;
  fields.sha256 = sha256;
  fields.license = record.license;
  fields.license_family = record.license_family;
  fields.track_features = index.track_features(view.id);
  return spec.matches(fields);
}

std::vector<std::uint32_t> channels_meant(std::string_view text, const SolveQuestion& question) {
  std::vector<std::uint32_t> meant;
  for (const Channel& channel : parse_channel(text, question.channel_names))
    for (std::uint32_t c = 0; c < question.channels.size(); ++c)
      if (question.channels[c].channel.url.to_string() == channel.url.to_string())
        meant.push_back(c);
  return meant;
}

namespace {

using Words = std::vector<std::uint64_t>;

class Matcher {
 public:
  explicit Matcher(LoadedProblem& problem) : problem_(problem), known_(problem.names.size()) {}

  void run() {
    for (Dependency& dependency : problem_.dependencies) {
      if (!dependency.spec || !dependency.spec->has_exact_name()) continue;
      if (dependency.name == no_id)
        dependency.name = problem_.find_name(dependency.spec->name()).value_or(no_id);
      if (dependency.name == no_id) continue;
      dependency.accepts =
          matching_set(dependency.name, *dependency.spec, meant_channels(*dependency.spec));
    }
    for (LoadedRequest& request : problem_.requests)
      request.accepts =
          matching_set(request.name, request.spec,
                       request.names_channel ? std::optional(request.channels) : std::nullopt);
    for (Candidate& candidate : problem_.candidates) merge(candidate);
  }

 private:
  using Channels = std::optional<std::vector<std::uint32_t>>;

  /// A dependency's own `channel::`, where it has one. One that cannot be resolved accepts nothing.
  Channels meant_channels(const MatchSpec& spec) const {
    if (!spec.channel()) return std::nullopt;
    try {
      return channels_meant(*spec.channel(), *problem_.question);
    } catch (const InputError&) {
      return std::vector<std::uint32_t>();
    }
  }

  SetId matching_set(NameId id, const MatchSpec& spec, const Channels& channels) {
    const Name& name = problem_.names[id];
    Words words((name.size() + 63) / 64);
    versions_.resize(name.versions.size());
    for (std::size_t v = 0; v < versions_.size(); ++v)
      versions_[v] = spec.version().matches(name.versions[v].version);
    const bool only_version = looks_only_at_version(spec);
    for (CandidateId c = name.first; c < name.last; ++c) {
      const Candidate& candidate = problem_.candidates[c];
      if (versions_[candidate.version] && (only_version || matches(spec, channels, candidate)))
        words[(c - name.first) / 64] |= std::uint64_t{1} << ((c - name.first) % 64);
    }
    return intern(id, std::move(words));
  }

  static bool looks_only_at_version(const MatchSpec& spec) {
    return spec.looks_only_at_name_version_build() && !spec.build() && !spec.build_number();
  }

  bool matches(const MatchSpec& spec, const Channels& channels, const Candidate& candidate) const {
    const Name& name = problem_.names[candidate.name];
    const Version* version = &name.versions[candidate.version].version;
    if (candidate.channel == no_id) {
      const VirtualPackage& package = problem_.virtual_package(candidate);
      MatchFields fields;
      fields.name = name.text;
      fields.version = version;
      fields.build = package.build;
      return !channels && spec.matches(fields);
    }
    if (channels && std::count(channels->begin(), channels->end(), candidate.channel) == 0)
      return false;
    const SolverChannel& channel = problem_.question->channels[candidate.channel];
    return spec_matches(spec, {&channel, problem_.channel_urls[candidate.channel], candidate.subdir,
                               candidate.record, name.text, version});
  }

  /// The id of this set: equal sets are one, so that they are judged once.
  SetId intern(NameId name, Words words) {
    auto& known = known_[name];
    const auto found = known.find(words);
    if (found != known.end()) return found->second;
    CandidateSet set;
    set.name = name;
    set.first_word = static_cast<std::uint32_t>(problem_.set_words.size());
    set.words = static_cast<std::uint32_t>(words.size());
    for (const std::uint64_t word : words)
      set.count += static_cast<std::uint32_t>(__builtin_popcountll(word));
    problem_.set_words.insert(problem_.set_words.end(), words.begin(), words.end());
    problem_.sets.push_back(set);
    const auto id = static_cast<SetId>(problem_.sets.size() - 1);
    known.emplace(std::move(words), id);
    return id;
  }

  SetId intersection(SetId a, SetId b) {
    if (a == b) return a;
    const auto left = problem_.words_of(a), right = problem_.words_of(b);
    Words words(left.begin(), left.end());
    for (std::size_t i = 0; i < words.size(); ++i) words[i] &= right[i];
    return intern(problem_.sets[a].name, std::move(words));
  }

  /// One set a name out of the candidate's dependencies and constraints.
  void merge(Candidate& candidate) {
    required_.clear();
    allowed_.clear();
    for (const DependencyId id : problem_.depends_of(candidate)) {
      const Dependency& dependency = problem_.dependencies[id];
      required_.push_back({dependency.name, dependency.accepts});
    }
    unite(required_);
    for (const DependencyId id : problem_.constrains_of(candidate)) {
      const Dependency& dependency = problem_.dependencies[id];
      if (dependency.name != no_id) {
        allow({dependency.name, dependency.accepts});
      } else if (!dependency.spec->has_exact_name()) {
        for (NameId name = 0; name < problem_.names.size(); ++name)
          if (dependency.spec->matches_name(problem_.names[name].text))
            allow({name, matching_set(name, *dependency.spec, meant_channels(*dependency.spec))});
      }
    }
    unite(allowed_);
    candidate.first_set = static_cast<std::uint32_t>(problem_.set_lists.size());
    for (const auto& [name, set] : required_) problem_.set_lists.push_back(set);
    candidate.required = static_cast<std::uint32_t>(required_.size());
    for (const auto& [name, set] : allowed_) {
      if (problem_.sets[set].count == problem_.names[name].size()) continue;  // excludes nothing
      problem_.set_lists.push_back(set);
      ++candidate.allowed;
    }
  }

  using NamedSet = std::pair<NameId, SetId>;

  void allow(const NamedSet& named) {
    const auto needed =
        std::lower_bound(required_.begin(), required_.end(), NamedSet{named.first, 0});
    if (needed != required_.end() && needed->first == named.first)
      needed->second = intersection(needed->second, named.second);
    else
      allowed_.push_back(named);
  }

  /// Sorts by name and leaves one set a name.
  void unite(std::vector<NamedSet>& named) {
    std::sort(named.begin(), named.end());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < named.size(); ++i) {
      if (kept != 0 && named[kept - 1].first == named[i].first)
        named[kept - 1].second = intersection(named[kept - 1].second, named[i].second);
      else
        named[kept++] = named[i];
    }
    named.resize(kept);
  }

  struct WordsHash {
    std::size_t operator()(const Words& words) const noexcept {
      return std::hash<std::string_view>()(
          {reinterpret_cast<const char*>(words.data()), words.size() * sizeof(std::uint64_t)});
    }
  };

  LoadedProblem& problem_;
  std::vector<std::unordered_map<Words, SetId, WordsHash>> known_;
  std::vector<char> versions_;                // matching_set's: which versions match
  std::vector<NamedSet> required_, allowed_;  // merge's
};

}  // namespace

void match_all(LoadedProblem& problem) { Matcher(problem).run(); }

}  // namespace envlock
