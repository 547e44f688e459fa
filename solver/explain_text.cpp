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

std::string name_of(const Request& request) {
  return (request.is_update ? "--update '" : "'") + request.text + "'";
}

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

namespace {

bool is_subset(const LoadedProblem& problem, SetId small, SetId large) {
  const auto inner = problem.words_of(small), outer = problem.words_of(large);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if ((inner[i] & ~outer[i]) != 0) return false;
  }
  return true;
}

/// What one candidate says of `to`, without what follows from the rest of it: "'python >=3.11'"
/// where it lists both that and 'python'.
std::string text_about(const LoadedProblem& problem, const Candidate& candidate, NameId to) {
  std::vector<const Dependency*> all;
  for (const auto ids : {problem.depends_of(candidate), problem.constrains_of(candidate)}) {
    for (const DependencyId id : ids) {
      if (problem.dependencies[id].name == to) all.push_back(&problem.dependencies[id]);
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Dependency* a, const Dependency* b) { return a->text < b->text; });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::string text;
  for (const Dependency* one : all) {
    const bool follows = std::any_of(all.begin(), all.end(), [&](const Dependency* other) {
      if (other == one || !is_subset(problem, other->accepts, one->accepts)) return false;
      return !is_subset(problem, one->accepts, other->accepts) || other->text < one->text;
    });
    if (!follows) text += (text.empty() ? "'" : " and '") + std::string(one->text) + "'";
  }
  return text;
}

}  // namespace

std::vector<CandidateId> accepted_by(const LoadedProblem& problem,
                                     const std::vector<CandidateId>& candidates, NameId to) {
  std::set<SetId> about;
  for (const CandidateId c : candidates) {
    const Candidate& candidate = problem.candidates[c];
    for (const auto sets : {problem.required_sets(candidate), problem.allowed_sets(candidate)}) {
      for (const SetId set : sets) {
        if (problem.sets[set].name == to) about.insert(set);
      }
    }
  }
  std::vector<CandidateId> accepted;
  for (const CandidateId c : candidates_of(problem.names[to])) {
    if (std::any_of(about.begin(), about.end(), [&](SetId set) { return problem.accepts(set, c); }))
      accepted.push_back(c);
  }
  return accepted;
}

std::string texts_about(const LoadedProblem& problem, const std::vector<CandidateId>& candidates,
                        NameId to, const std::vector<CandidateId>& contrast) {
  std::set<std::string> texts;
  for (const CandidateId c : candidates)
    texts.insert(text_about(problem, problem.candidates[c], to));
  const std::vector<CandidateId> accepted = accepted_by(problem, candidates, to);
  if (texts.size() <= shown_texts || accepted.empty()) {
    std::string text;
    std::size_t shown = 0;
    for (const std::string& one : texts) {
      if (shown++ == shown_texts) {
        text += " or " + std::to_string(texts.size() - shown_texts) + " other forms of it";
        break;
      }
      text += (text.empty() ? "" : " or ") + one;
    }
    return text;
  }
  // Which builds of those versions only matters where others of the same versions are meant.
  std::set<std::uint32_t> versions;
  for (const CandidateId c : accepted) versions.insert(problem.candidates[c].version);
  const bool builds_matter = std::any_of(contrast.begin(), contrast.end(), [&](CandidateId c) {
    return versions.contains(problem.candidates[c].version);
  });
  std::vector<CandidateId> among;
  for (const CandidateId c : candidates_of(problem.names[to])) {
    if (builds_matter || std::binary_search(accepted.begin(), accepted.end(), c) ||
        !versions.contains(problem.candidates[c].version))
      among.push_back(c);
  }
  return problem.names[to].text + " " + versions_of(problem, accepted, among);
}

}  // namespace envlock
