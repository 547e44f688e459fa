#include "solver/explain_text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace envlock {
namespace {

constexpr std::size_t shown_runs = 4;
constexpr std::size_t shown_texts = 3;

std::vector<CandidateId> candidates_of(const Name& name) {
  std::vector<CandidateId> all;
  for (CandidateId c = name.first; c < name.last; ++c) all.push_back(c);
  return all;
}

}  // namespace

std::string all_versions(const LoadedProblem& problem, NameId id) {
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

std::string versions_of(const LoadedProblem& problem, const std::vector<CandidateId>& some,
                        const std::vector<CandidateId>& among) {
  if (some.empty()) return "none";
  const Name& name = problem.names[problem.candidates[some.front()].name];
  std::map<std::uint32_t, std::size_t> all;  // version -> candidates in question
  for (const CandidateId c : among) ++all[problem.candidates[c].version];
  std::map<std::uint32_t, std::size_t> mine;
  for (const CandidateId c : some) ++mine[problem.candidates[c].version];
  struct Run {
    std::uint32_t first, last;
  };
  std::vector<Run> runs;
  bool neighbour = false;
  bool some_builds = false;
  for (const auto& [version, count] : all) {
    const auto found = mine.find(version);
    if (found == mine.end()) {
      neighbour = false;
      continue;
    }
    some_builds = some_builds || found->second != count;
    if (neighbour) {
      runs.back().last = version;
    } else {
      runs.push_back({version, version});
    }
    neighbour = true;
  }
  std::string text;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (i == shown_runs && runs.size() > shown_runs + 1) {
      text += " and " + std::to_string(runs.size() - i) + " other ranges";
      break;
    }
    if (!text.empty()) text += ", ";
    text += name.versions[runs[i].first].version.text();
    if (runs[i].last != runs[i].first) text += " to " + name.versions[runs[i].last].version.text();
  }
  return some_builds ? text + " (some builds)" : text;
}

std::string texts_about(const LoadedProblem& problem, const std::vector<CandidateId>& candidates,
                        NameId to, bool constraints) {
  std::set<std::string_view> texts;
  std::set<SetId> sets;
  for (const CandidateId c : candidates) {
    const Candidate& candidate = problem.candidates[c];
    for (const DependencyId id :
         constraints ? problem.constrains_of(candidate) : problem.depends_of(candidate)) {
      const Dependency& dependency = problem.dependencies[id];
      if (dependency.name != to) continue;
      texts.insert(dependency.text);
      sets.insert(dependency.accepts);
    }
  }
  const std::string& name = problem.names[to].text;
  if (texts.size() > shown_texts) {
    std::vector<CandidateId> accepted;
    const std::vector<CandidateId> all = candidates_of(problem.names[to]);
    for (const CandidateId c : all) {
      if (std::any_of(sets.begin(), sets.end(), [&](SetId set) { return problem.accepts(set, c); }))
        accepted.push_back(c);
    }
    if (!accepted.empty())
      return "'" + name + "' in version " + versions_of(problem, accepted, all);
  }
  std::string text;
  std::size_t shown = 0;
  for (const std::string_view one : texts) {
    if (shown++ == shown_texts) {
      text += " or " + std::to_string(texts.size() - shown_texts) + " other forms of it";
      break;
    }
    text += (text.empty() ? "'" : " or '") + std::string(one) + "'";
  }
  return text.empty() ? "'" + name + "'" : text;
}

}  // namespace envlock
