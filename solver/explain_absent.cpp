#include "solver/explain_absent.hpp"

#include <algorithm>

#include "solver/explain_text.hpp"
#include "solver/matching.hpp"

namespace envlock {
namespace {

std::string channel_list(const SolveQuestion& question) {
  std::string text;
  for (const SolverChannel& channel : question.channels) {
    if (!channel.only_by_name) text += (text.empty() ? "'" : ", '") + channel.channel.name + "'";
  }
  return text.empty() ? "any channel" : text;
}

}  // namespace

void AbsenceExplainer::suggest(std::string text) {
  if (std::find(why_.suggestions.begin(), why_.suggestions.end(), text) == why_.suggestions.end()) {
    why_.suggestions.push_back(std::move(text));
  }
}

std::string AbsenceExplainer::explain_name(NameId id, bool requested, const std::string& wanted,
                                           int depth) {
  const Name& name = problem_.names[id];
  if (name.is_virtual) return explain_virtual(name, wanted, depth);
  const bool left_out = std::any_of(name.left_out.begin(), name.left_out.end(),
                                    [](std::uint32_t n) { return n != 0; });
  if (!left_out) return explain_unknown(name, requested, depth);
  add_line(depth, "'" + name.text + "' has records, but none of them may be used:");
  add_hidden(name, nullptr, depth + 1);
  add_left_out(name, depth + 1);
  const auto spec = requested ? std::optional(MatchSpec::parse(wanted)) : std::nullopt;
  suggest_later(name, spec ? &*spec : nullptr);
  return "no record of '" + name.text + "' may be used";
}

std::string AbsenceExplainer::explain_virtual(const Name& name, const std::string& wanted,
                                              int depth) {
  const std::string& platform = problem_.question->platform.subdir();
  add_line(depth, "'" + name.text + "' is a virtual package, and none is assumed for " + platform);
  std::string version = "VERSION";
  const std::size_t number = wanted.find_first_of("0123456789");
  if (number != std::string::npos) {
    version = wanted.substr(number, wanted.find_first_not_of("0123456789.", number) - number);
    while (!version.empty() && version.back() == '.') version.pop_back();
  }
  suggest("where the target has it, say so: --virtual-package " + name.text + "=" + version +
          ", or in envlock.yml 'virtual_packages: {" + platform + ": [" + name.text + "=" +
          version + "]}'");
  return "no '" + name.text + "' is assumed for " + platform;
}

std::string AbsenceExplainer::explain_unknown(const Name& name, bool requested, int depth) {
  const SolveQuestion& question = *problem_.question;
  const std::string fact = "there is no package '" + name.text + "' in " + channel_list(question);
  add_line(depth, fact + " for " + question.platform.subdir());
  for (const SolverChannel& channel : question.channels) {
    for (const auto& index : channel.subdirs) {
      if (!channel.only_by_name || index->find(name.text).empty()) continue;
      suggest("add '" + channel.channel.name + "' to 'channels:', it has '" + name.text + "'");
      return fact;
    }
  }
  if (!requested) {
    suggest("a channel that has '" + name.text + "' must be in 'channels:'");
    return fact;
  }
  // Where the platform has nothing at all, no other spelling helps.
  const bool has_platform = std::any_of(
      question.channels.begin(), question.channels.end(), [&](const SolverChannel& channel) {
        return std::any_of(channel.subdirs.begin(), channel.subdirs.end(), [&](const auto& index) {
          return index->summary().subdir == question.platform.subdir();
        });
      });
  if (!has_platform) {
    suggest("no channel has anything for " + question.platform.subdir() +
            ", 'noarch' aside: solve for another platform, or add a channel that has it");
    return fact;
  }
  if (const auto near = nearest_name(name.text, question)) {
    suggest((several_ ? "'" + name.text + "': " : "") + "did you mean '" + *near + "'?");
  }
  return fact;
}

std::string AbsenceExplainer::explain_versions(NameId id, const MatchSpec& spec,
                                               const std::string& text, int depth) {
  const Name& name = problem_.names[id];
  if (name.is_virtual) {
    const Candidate& assumed = problem_.candidates[name.first];
    const std::string version(problem_.version_text(assumed));
    add_line(depth, "the target is assumed to have '" + name.text + "' " + version + " only");
    suggest("where the target has more, say so: --virtual-package " + name.text + "=VERSION");
    return "'" + text + "' is asked of the target, which is assumed to have " + version;
  }
  add_line(depth, "of '" + name.text + "' there is only " + all_versions(problem_, id));
  add_neighbours(name, spec, depth);
  add_builds(name, spec, depth);
  add_hidden(name, &spec, depth);
  bool any = false;
  see_in_reach(name, &spec, [&](const Index&, RecordId) { any = true; });
  if (any && add_left_out(name, depth)) {
    suggest_later(name, &spec);
    return "all that matches '" + text + "' is left out";
  }
  return "nothing matches '" + text + "'";
}

/// Where there are such versions, but not in such builds: what builds there are.
void AbsenceExplainer::add_builds(const Name& name, const MatchSpec& spec, int depth) {
  if (!spec.build() && !spec.build_number()) return;
  constexpr std::size_t shown = 4;
  std::vector<std::string> builds;
  std::uint32_t newest = 0;
  for (CandidateId c = name.first; c < name.last; ++c) {
    const Candidate& candidate = problem_.candidates[c];
    if (spec.version().matches(problem_.version_of(candidate)))
      newest = std::max(newest, candidate.version + 1);
  }
  if (newest == 0) return;
  for (CandidateId c = name.first; c < name.last; ++c) {
    if (problem_.candidates[c].version + 1 == newest)
      builds.emplace_back(problem_.build_of(problem_.candidates[c]));
  }
  std::sort(builds.begin(), builds.end());
  builds.erase(std::unique(builds.begin(), builds.end()), builds.end());
  std::string text;
  for (std::size_t i = 0; i < std::min(builds.size(), shown); ++i)
    text += (i == 0 ? "'" : ", '") + builds[i] + "'";
  if (builds.size() > shown) text += " and " + std::to_string(builds.size() - shown) + " more";
  add_line(depth, name.text + " " + name.versions[newest - 1].version.text() +
                      (builds.size() == 1 ? " has the build " : " has the builds ") + text);
}

/// The versions next to the one that is asked for, where there are some on both sides of it.
void AbsenceExplainer::add_neighbours(const Name& name, const MatchSpec& spec, int depth) {
  std::string text = spec.version().to_string();
  text.erase(0, std::min(text.find_first_not_of("=~ "), text.size()));
  for (const char* end : {".*", "*", "."}) {
    if (text.ends_with(end)) text.resize(text.size() - std::string_view(end).size());
  }
  const auto asked = Version::parse(text);
  if (!asked) return;  // a range, or several
  std::optional<std::uint32_t> below, above;
  for (CandidateId c = name.first; c < name.last; ++c) {
    const std::uint32_t version = problem_.candidates[c].version;
    const auto order = problem_.version_of(problem_.candidates[c]) <=> *asked;
    if (order == 0) return;  // it is there, in another build
    if (order < 0) below = std::max(below.value_or(version), version);
    if (order > 0) above = std::min(above.value_or(version), version);
  }
  if (!below || !above) return;
  add_line(depth, "the nearest to " + text + " are " + name.versions[*below].version.text() +
                      " and " + name.versions[*above].version.text());
}

template <class See>
void AbsenceExplainer::see_in_reach(const Name& name, const MatchSpec* spec, const See& see) const {
  const SolveQuestion& question = *problem_.question;
  for (std::uint32_t c = 0; c < question.channels.size(); ++c) {
    const SolverChannel& channel = question.channels[c];
    if (std::count(name.hidden_channels.begin(), name.hidden_channels.end(), c) != 0) continue;
    if (channel.only_by_name && (spec == nullptr || !spec->channel())) continue;
    for (std::uint32_t s = 0; s < channel.subdirs.size(); ++s) {
      const Index::Range range = channel.subdirs[s]->find(name.text);
      for (RecordId id = range.first; id < range.last; ++id) {
        const auto version = Version::parse(channel.subdirs[s]->version(id));
        if (!version) continue;
        const RecordView view{&channel, problem_.channel_urls[c], s, id, name.text, &*version};
        if (spec == nullptr || spec_matches(*spec, view)) see(*channel.subdirs[s], id);
      }
    }
  }
}

/// Where what is asked for is there, but after exclude_newer.
void AbsenceExplainer::suggest_later(const Name& name, const MatchSpec* spec) {
  const std::optional<std::int64_t>& newest = problem_.question->exclude_newer_ms;
  if (!newest || name.count(LeftOut::too_new) == 0) return;
  bool any = false;
  see_in_reach(name, spec, [&](const Index& index, RecordId id) {
    auto time = index.indexed_timestamp_ms(id);
    if (time.value_or(0) == 0) time = index.timestamp_ms(id);
    any = any || time.value_or(0) > *newest;
  });
  if (any) suggest("a later --exclude-newer may have what is asked");
}

/// What strict channel priority keeps out of sight, where it would have helped.
void AbsenceExplainer::add_hidden(const Name& name, const MatchSpec* spec, int depth) {
  const SolveQuestion& question = *problem_.question;
  for (const std::uint32_t c : name.hidden_channels) {
    const SolverChannel& channel = question.channels[c];
    std::optional<Version> best;
    for (std::uint32_t s = 0; s < channel.subdirs.size(); ++s) {
      const Index& index = *channel.subdirs[s];
      const Index::Range range = index.find(name.text);
      for (RecordId id = range.first; id < range.last; ++id) {
        auto version = Version::parse(index.version(id));
        if (!version) continue;
        if (spec != nullptr && !spec_matches(*spec, {&channel, problem_.channel_urls[c], s, id,
                                                     name.text, &*version})) {
          continue;
        }
        if (!best || *best < *version) best = std::move(version);
      }
    }
    if (!best) continue;
    add_line(depth, "hidden by channel priority: " + channel.channel.name + " has " + best->text());
    suggest("ask for '" + channel.channel.name + "::" + name.text +
            "', or use --channel-priority flexible");
  }
}

/// @return whether there was anything to say
bool AbsenceExplainer::add_left_out(const Name& name, int depth) {
  struct Kind {
    LeftOut why;
    const char* text;
  };
  static constexpr Kind kinds[] = {
      {LeftOut::owned_by_other, "in a channel that does not own the name"},
      {LeftOut::not_the_record, "other than the one that is asked for"},
      {LeftOut::too_new, "newer than 'exclude_newer' allows"},
      {LeftOut::too_young, "younger than the channel's 'minimum_age' allows"},
      {LeftOut::without_time, "without a timestamp, which 'exclude_newer' and 'minimum_age' need"},
      {LeftOut::not_signed, "without the signatures that the channel needs"},
      {LeftOut::badly_signed, "with signatures that prove nothing"},
      {LeftOut::without_sha256, "without a sha256"},
      {LeftOut::conditional, "with conditions, extras or flags, which are not read"},
      {LeftOut::denied, "denied by envlock.yml"},
      {LeftOut::constrained, "excluded by --update"},
      {LeftOut::unreadable_dependency, "with a dependency that cannot be read"},
  };
  bool any = false;
  for (const Kind& kind : kinds) {
    const std::uint32_t count = name.count(kind.why);
    if (count == 0) continue;
    any = true;
    std::string line = std::to_string(count) + (count == 1 ? " record " : " records ") + kind.text;
    SourcePlace place;
    if (kind.why == LeftOut::not_the_record && !problem_.question->exactly_from.empty()) {
      line += " (" + problem_.question->exactly_from + ")";
    }
    if (kind.why == LeftOut::constrained || kind.why == LeftOut::denied) {
      const bool denied = kind.why == LeftOut::denied;
      for (const Request& by : denied ? problem_.question->denied : problem_.question->updates) {
        if (!MatchSpec::parse(by.text).matches_name(name.text)) continue;
        line += " '" + by.text + "'";
        if (denied) place = by.place;
      }
    }
    add_line(depth, line + (count == 1 ? " is left out" : " are left out"), place);
  }
  return any;
}

}  // namespace envlock
