#include "solver/notices.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace envlock {
namespace {

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string quoted_list(const std::vector<std::string>& words, std::size_t at_most) {
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < at_most; ++i)
    text += (text.empty() ? "'" : ", '") + words[i] + "'";
  if (words.size() > at_most) text += " and " + std::to_string(words.size() - at_most) + " more";
  return text;
}

void add_hidden_notice(const LoadedProblem& problem, const std::vector<CandidateId>& chosen,
                       std::vector<SolveNotice>& notices) {
  std::vector<std::string> hidden;
  std::set<std::string> channels;
  for (const CandidateId id : chosen) {
    const Name& name = problem.names[problem.candidates[id].name];
    if (name.hidden_channels.empty()) continue;
    hidden.push_back(name.text);
    for (const std::uint32_t channel : name.hidden_channels)
      channels.insert(problem.question->channels[channel].channel.name);
  }
  if (hidden.empty()) return;
  std::sort(hidden.begin(), hidden.end());
  notices.push_back({"hidden-by-priority",
                     counted(hidden.size(), "package is", "packages are") + " also in " +
                         quoted_list({channels.begin(), channels.end()}, 5) +
                         ", hidden by strict channel priority: " + quoted_list(hidden, 5),
                     ""});
}

/// A `channel::` request whose channel is not listed: a better record may have been given up
/// because only that channel has what it depends on.
void add_unlisted_notices(const LoadedProblem& problem, const std::vector<CandidateId>& chosen,
                          std::vector<SolveNotice>& notices) {
  for (const CandidateId id : chosen) {
    const Candidate& taken = problem.candidates[id];
    if (taken.channel == no_id || !problem.question->channels[taken.channel].only_by_name) continue;
    const SolverChannel& channel = problem.question->channels[taken.channel];
    const Name& name = problem.names[taken.name];
    for (CandidateId other = name.first; other < name.last; ++other) {
      const Candidate& candidate = problem.candidates[other];
      if (candidate.channel != taken.channel ||
          problem.version_order(candidate) <= problem.version_order(taken))
        continue;
      const Name* missing = nullptr;
      for (const DependencyId text : problem.depends_of(candidate)) {
        const Name& needed = problem.names[problem.dependencies[text].name];
        const bool there =
            std::any_of(channel.subdirs.begin(), channel.subdirs.end(),
                        [&](const auto& index) { return !index->find(needed.text).empty(); });
        if (needed.size() == 0 && there) missing = &needed;
      }
      if (missing == nullptr) continue;
      notices.push_back({"channel-not-listed",
                         "newer versions of '" + name.text + "' need '" + missing->text +
                             "', which only channel '" + channel.channel.name + "' has",
                         "add '" + channel.channel.name + "' to 'channels:'"});
      break;
    }
  }
}

void add_left_out_notices(const LoadedProblem& problem, std::vector<SolveNotice>& notices) {
  struct Kind {
    LeftOut why;
    const char* id;
    const char* text;
  };
  static constexpr Kind kinds[] = {
      {LeftOut::owned_by_other, "owned-by-other", "of names that another channel owns"},
      {LeftOut::not_signed, "not-signed", "without the signatures that the channel needs"},
      {LeftOut::badly_signed, "badly-signed", "with signatures that prove nothing"},
      {LeftOut::without_sha256, "without-sha256", "without a sha256"},
      {LeftOut::too_young, "too-young", "younger than the channel's 'minimum_age' allows"},
      {LeftOut::without_time, "without-timestamp",
       "without a time, under 'exclude_newer' or 'minimum_age'"},
      {LeftOut::conditional, "conditional", "with conditions, extras or flags (CEP 43 to 45)"},
      {LeftOut::denied, "denied", "that the policy denies"},
      {LeftOut::unreadable_dependency, "unreadable-dependency",
       "with a dependency that cannot be read"},
  };
  for (const Kind& kind : kinds) {
    std::uint64_t count = 0;
    std::vector<std::string> names;
    for (const Name& name : problem.names) {
      if (name.count(kind.why) == 0) continue;
      count += name.count(kind.why);
      names.push_back(name.text);
    }
    if (count == 0) continue;
    std::sort(names.begin(), names.end());
    notices.push_back({kind.id,
                       counted(count, "record ", "records ") + std::string(kind.text) +
                           (count == 1 ? " is no candidate: " : " are no candidates: ") +
                           quoted_list(names, 5),
                       ""});
  }
}

void add_dropped_notices(const SolveQuestion& question, std::vector<SolveNotice>& notices) {
  for (const SolverChannel& channel : question.channels) {
    for (const auto& index : channel.subdirs) {
      const IndexSummary& summary = index->summary();
      const std::string where = "'" + channel.channel.name + "/" + summary.subdir + "'";
      if (summary.invisible_v3 != 0)
        notices.push_back({"invisible-v3",
                           counted(summary.invisible_v3, "record", "records") + " of " + where +
                               " exist only in repodata version 3's form, which is not read",
                           ""});
      if (const auto dropped = summary.bad_version + summary.bad_file_name; dropped != 0)
        notices.push_back({"dropped-records",
                           counted(dropped, "record", "records") + " of " + where +
                               " dropped: the version or the file name cannot be read",
                           ""});
    }
  }
}

}  // namespace

std::vector<SolveNotice> make_notices(const LoadedProblem& problem,
                                      const std::vector<CandidateId>& chosen) {
  std::vector<SolveNotice> notices;
  add_hidden_notice(problem, chosen, notices);
  add_unlisted_notices(problem, chosen, notices);
  add_left_out_notices(problem, notices);
  add_dropped_notices(*problem.question, notices);
  return notices;
}

}  // namespace envlock
