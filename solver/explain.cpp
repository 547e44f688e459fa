#include "solver/explain.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "model/text.hpp"
#include "solver/libsolv_pool.hpp"
#include "solver/matching.hpp"
#include "solver/plan.hpp"
#include "solver/prune.hpp"

namespace envlock {

bool can_meet(const LoadedProblem& problem, const std::vector<bool>& requests) {
  std::optional<Pruned> pruned = prune(problem, &requests);
  if (!pruned) return false;
  SolvePlan plan;
  for (std::size_t i = 0; i < requests.size(); ++i)
    if (requests[i] && !problem.names[problem.requests[i].name].is_virtual)
      plan.install.push_back(problem.requests[i].name);
  const Reduced reduced = reduce(problem, *pruned, rank_candidates(problem, pruned->live));
  return run_libsolv(problem, reduced, plan).has_value();
}

namespace {

/// "1.0", "1.0 and 2.0", "1.0 to 3.2 (12 versions)".
std::string version_range(const LoadedProblem& problem, NameId id) {
  const Name& name = problem.names[id];
  std::set<std::uint32_t> present;
  for (CandidateId c = name.first; c < name.last; ++c)
    present.insert(problem.candidates[c].version);
  if (present.empty()) return "none";
  const std::string oldest = name.versions[*present.begin()].version.text();
  const std::string newest = name.versions[*present.rbegin()].version.text();
  if (present.size() == 1) return newest;
  if (present.size() == 2) return oldest + " and " + newest;
  return oldest + " to " + newest + " (" + std::to_string(present.size()) + " versions)";
}

class Explainer {
 public:
  explicit Explainer(const LoadedProblem& problem)
      : problem_(problem), question_(*problem.question) {}

  Explanation run() {
    const std::vector<std::size_t> conflict = smallest_conflict();
    for (const std::size_t i : conflict) explain_request(problem_.requests[i]);
    if (conflict.size() == 1) {
      if (why_.headline.empty())
        why_.headline =
            "'" + problem_.requests[conflict.front()].request->text + "' cannot be installed";
    } else {
      why_.headline = std::to_string(conflict.size()) + " requests cannot be installed together";
      for (const std::size_t i : conflict)
        why_.headline +=
            (i == conflict.front() ? ": '" : ", '") + problem_.requests[i].request->text + "'";
      why_.suggestions.push_back("relax or remove one of these requests");
    }
    return std::move(why_);
  }

 private:
  /// Requests of which none can be left out without making the others solvable.
  std::vector<std::size_t> smallest_conflict() const {
    std::vector<bool> asked(problem_.requests.size(), true);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      asked[i] = false;
      if (can_meet(problem_, asked)) asked[i] = true;
    }
    std::vector<std::size_t> conflict;
    for (std::size_t i = 0; i < asked.size(); ++i)
      if (asked[i]) conflict.push_back(i);
    return conflict;
  }

  void add_line(int depth, std::string text, const SourcePlace& place = {}) {
    why_.lines.push_back({depth, std::move(text), place});
  }

  void explain_request(const LoadedRequest& request) {
    add_line(0, "'" + request.request->text + "' is requested", request.request->place);
    const Name& name = problem_.names[request.name];
    if (name.size() == 0) return explain_nothing(request.name, 1);
    if (problem_.sets[request.accepts].count == 0) {
      why_.headline = "no candidate of '" + name.text + "' matches '" + request.request->text + "'";
      add_line(1, "candidates of '" + name.text + "': " + version_range(problem_, request.name));
      return explain_left_out(request, 1);
    }
    for (const DependencyId id : needed_by_all(request)) {
      const Dependency& dependency = problem_.dependencies[id];
      if (problem_.sets[dependency.accepts].count != 0) continue;
      add_line(1, "every candidate of '" + name.text + "' that matches needs '" +
                      std::string(dependency.text) + "'");
      if (problem_.names[dependency.name].size() == 0)
        explain_nothing(dependency.name, 2);
      else
        add_line(2,
                 "of which there are only candidates " + version_range(problem_, dependency.name));
    }
  }

  /// Dependency texts that all candidates which the request accepts have.
  std::vector<DependencyId> needed_by_all(const LoadedRequest& request) const {
    const Name& name = problem_.names[request.name];
    std::optional<std::vector<DependencyId>> common;
    for (CandidateId c = name.first; c < name.last; ++c) {
      if (!problem_.accepts(request.accepts, c)) continue;
      const auto texts = problem_.depends_of(problem_.candidates[c]);
      if (!common) {
        common.emplace(texts.begin(), texts.end());
        continue;
      }
      std::erase_if(*common, [&](DependencyId id) {
        return std::find(texts.begin(), texts.end(), id) == texts.end();
      });
    }
    return common.value_or(std::vector<DependencyId>());
  }

  /// A name without any candidate.
  void explain_nothing(NameId id, int depth) {
    const Name& name = problem_.names[id];
    if (name.is_virtual) {
      add_line(depth, "'" + name.text + "' is a virtual package that is not assumed for " +
                          question_.platform.subdir());
      why_.suggestions.push_back("add --virtual-package " + name.text +
                                 "=VERSION if the target has it");
      if (depth == 1)
        why_.headline = "no '" + name.text + "' is assumed for " + question_.platform.subdir();
      return;
    }
    bool left_out = false;
    for (const std::uint32_t count : name.left_out) left_out = left_out || count != 0;
    if (left_out) {
      add_line(depth, "'" + name.text + "' has records, but none of them is a candidate");
      add_left_out_lines(name, depth + 1);
      return;
    }
    if (depth == 1) why_.headline = "there is no package '" + name.text + "' in " + channel_list();
    add_line(depth,
             "no channel has a package '" + name.text + "' for " + question_.platform.subdir());
    for (const SolverChannel& channel : question_.channels)
      for (const auto& index : channel.subdirs)
        if (channel.only_by_name && !index->find(name.text).empty()) {
          why_.suggestions.push_back("add '" + channel.channel.name + "' to 'channels:', it has '" +
                                     name.text + "'");
          return;
        }
    std::vector<std::string_view> known;
    for (const SolverChannel& channel : question_.channels)
      for (const auto& index : channel.subdirs)
        for (std::size_t i = 0; i < index->name_count(); ++i) known.push_back(index->name_at(i));
    std::sort(known.begin(), known.end());
    if (const auto near = nearest_word(name.text, known))
      why_.suggestions.push_back("did you mean '" + *near + "'?");
  }

  std::string channel_list() const {
    std::string text;
    for (const SolverChannel& channel : question_.channels)
      if (!channel.only_by_name) text += (text.empty() ? "'" : ", '") + channel.channel.name + "'";
    return text.empty() ? "any channel" : text;
  }

  /// What left-out records of the requested name would have matched.
  void explain_left_out(const LoadedRequest& request, int depth) {
    const Name& name = problem_.names[request.name];
    for (const std::uint32_t c : name.hidden_channels) {
      const SolverChannel& channel = question_.channels[c];
      std::optional<Version> best;
      for (std::uint32_t s = 0; s < channel.subdirs.size(); ++s) {
        const Index& index = *channel.subdirs[s];
        const Index::Range range = index.find(name.text);
        for (RecordId id = range.first; id < range.last; ++id) {
          auto version = Version::parse(index.version(id));
          if (!version || !spec_matches(request.spec, {&channel, problem_.channel_urls[c], s, id,
                                                       name.text, &*version}))
            continue;
          if (!best || *best < *version) best = std::move(version);
        }
      }
      if (best) {
        add_line(depth,
                 "hidden by channel priority: " + channel.channel.name + " has " + best->text());
        why_.suggestions.push_back("ask for '" + channel.channel.name + "::" + name.text +
                                   "', or use flexible channel priority");
      }
    }
    add_left_out_lines(name, depth);
  }

  void add_left_out_lines(const Name& name, int depth) {
    struct Kind {
      LeftOut why;
      const char* text;
    };
    static constexpr Kind kinds[] = {
        {LeftOut::owned_by_other, "come from a channel that does not own the name"},
        {LeftOut::not_the_record, "differ from the one that is asked for"},
        {LeftOut::too_new, "are newer than 'exclude_newer' allows"},
        {LeftOut::without_time, "have no time, under 'exclude_newer'"},
        {LeftOut::without_sha256, "have no sha256"},
        {LeftOut::conditional, "have conditions, extras or flags, which are not read"},
        {LeftOut::denied, "are denied by the policy"},
        {LeftOut::constrained, "are excluded by what the update asks for"},
        {LeftOut::unreadable_dependency, "have a dependency that cannot be read"},
    };
    for (const Kind& kind : kinds)
      if (const std::uint32_t count = name.count(kind.why); count != 0)
        add_line(depth, std::to_string(count) + " of the records " + kind.text +
                            (kind.why == LeftOut::not_the_record && !question_.exactly_from.empty()
                                 ? " by " + question_.exactly_from
                                 : std::string()));
  }

  const LoadedProblem& problem_;
  const SolveQuestion& question_;
  Explanation why_;
};

}  // namespace

Explanation explain(const LoadedProblem& problem) { return Explainer(problem).run(); }

}  // namespace envlock
