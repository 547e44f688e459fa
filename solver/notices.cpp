#include "solver/notices.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

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

/// The version texts inside a constraint's text: "12.6" of "__cuda >=12.6,<13".
std::vector<std::string> versions_in(std::string_view text) {
  std::vector<std::string> found;
  std::string current;
  for (const char c :
       std::string(text.substr(std::min(text.find_first_of(" =<>!~["), text.size()))) + ' ') {
    const bool part = (c >= '0' && c <= '9') || (c == '.' && !current.empty());
    if (part) {
      current += c;
    } else if (!current.empty()) {
      while (current.back() == '.') current.pop_back();
      found.push_back(std::exchange(current, {}));
    }
  }
  return found;
}

/// The `__cuda` dependency of a candidate, if it has one.
const Dependency* cuda_dependency(const LoadedProblem& problem, CandidateId id, NameId cuda) {
  for (const DependencyId text : problem.depends_of(problem.candidates[id]))
    if (problem.dependencies[text].name == cuda) return &problem.dependencies[text];
  return nullptr;
}

/// A build of the same or a newer version that only lacks `__cuda`, as far as the requests say.
const Dependency* passed_over(const LoadedProblem& problem, CandidateId chosen, NameId cuda) {
  const Candidate& taken = problem.candidates[chosen];
  const Name& name = problem.names[taken.name];
  if (cuda_dependency(problem, chosen, cuda) != nullptr) return nullptr;
  CandidateId best = no_id;
  for (CandidateId id = name.first; id < name.last; ++id) {
    const Candidate& other = problem.candidates[id];
    if (problem.version_order(other) < problem.version_order(taken)) continue;
    if (best != no_id &&
        problem.version_order(other) <= problem.version_order(problem.candidates[best]))
      continue;
    if (cuda_dependency(problem, id, cuda) == nullptr) continue;
    const bool asked = std::all_of(
        problem.requests.begin(), problem.requests.end(), [&](const LoadedRequest& request) {
          return request.name != taken.name || problem.accepts(request.accepts, id);
        });
    if (asked) best = id;
  }
  return best == no_id ? nullptr : cuda_dependency(problem, best, cuda);
}

void add_cuda_notice(const LoadedProblem& problem, const std::vector<CandidateId>& chosen,
                     std::vector<SolveNotice>& notices) {
  const auto cuda = problem.find_name("__cuda");
  if (!cuda || problem.names[*cuda].size() != 0) return;
  std::vector<std::string> packages;
  std::vector<const Dependency*> needs;
  for (const CandidateId id : chosen) {
    const Dependency* need = passed_over(problem, id, *cuda);
    if (need == nullptr) continue;
    const Candidate& candidate = problem.candidates[id];
    packages.push_back(problem.names[candidate.name].text);
    needs.push_back(need);
  }
  if (packages.empty()) return;
  std::sort(packages.begin(), packages.end());
  // The newest version that one of them names and most of them accept.
  std::optional<Version> suggested;
  std::size_t most = 0;
  for (const Dependency* need : needs) {
    for (const std::string& text : versions_in(need->text)) {
      auto version = Version::parse(text);
      if (!version) continue;
      const auto accepting = static_cast<std::size_t>(std::count_if(
          needs.begin(), needs.end(),
          [&](const Dependency* other) { return other->spec->version().matches(*version); }));
      if (accepting < most || (accepting == most && suggested && *version <= *suggested)) continue;
      if (accepting == 0) continue;
      most = accepting;
      suggested = std::move(version);
    }
  }
  const std::string version = suggested ? suggested->text() : "12";
  notices.push_back(
      {"cuda-passed-over",
       "CUDA builds of " + quoted_list(packages, 5) +
           " were passed over: no '__cuda' is assumed for " + problem.question->platform.subdir(),
       "for a machine with an NVIDIA driver add: --virtual-package __cuda=" + version});
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

void add_left_out_notices(const LoadedProblem& problem, std::vector<SolveNotice>& notices) {
  struct Kind {
    LeftOut why;
    const char* id;
    const char* text;
  };
  static constexpr Kind kinds[] = {
      {LeftOut::owned_by_other, "owned-by-other", "of names that another channel owns"},
      {LeftOut::without_sha256, "without-sha256", "without a sha256"},
      {LeftOut::without_time, "without-timestamp", "without a time, under 'exclude_newer'"},
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
  add_cuda_notice(problem, chosen, notices);
  add_hidden_notice(problem, chosen, notices);
  add_left_out_notices(problem, notices);
  add_dropped_notices(*problem.question, notices);
  return notices;
}

}  // namespace envlock
