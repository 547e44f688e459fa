#include "solver/plan.hpp"

#include <algorithm>

namespace envlock {
namespace {

/// python first, then by name.
void sort_names(const LoadedProblem& problem, std::vector<NameId>& names) {
  std::sort(names.begin(), names.end(), [&](NameId a, NameId b) {
    const std::string& left = problem.names[a].text;
    const std::string& right = problem.names[b].text;
    if ((left == "python") != (right == "python")) return left == "python";
    return left < right;
  });
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

std::vector<NameId> updated_names(const LoadedProblem& problem) {
  std::vector<NameId> names;
  for (const Request& update : problem.question->updates) {
    const MatchSpec spec = MatchSpec::parse(update.text);
    for (NameId name = 0; name < problem.names.size(); ++name)
      if (!problem.names[name].is_virtual && spec.matches_name(problem.names[name].text))
        names.push_back(name);
  }
  sort_names(problem, names);
  return names;
}

Ladder by_version(const Ranking& ranking, NameId name) {
  Ladder ladder{name, {}};
  std::uint32_t current = no_id;
  for (const CandidateId candidate : ranking.best_first[name]) {
    if (ranking.version_class[candidate] != current) ladder.classes.emplace_back();
    current = ranking.version_class[candidate];
    ladder.classes.back().push_back(candidate);
  }
  return ladder;
}

}  // namespace

std::vector<NameId> direct_names(const LoadedProblem& problem) {
  std::vector<NameId> names;
  for (const LoadedRequest& request : problem.requests)
    if (!problem.names[request.name].is_virtual) names.push_back(request.name);
  sort_names(problem, names);
  return names;
}

std::optional<CandidateId> preferred(const LoadedProblem& problem, const CandidateBits& live,
                                     NameId name) {
  const auto wanted = problem.question->prefer.find(problem.names[name].text);
  if (wanted == problem.question->prefer.end()) return std::nullopt;
  const PackageRecord& record = wanted->second;
  for (const CandidateId id : live.of_name(name)) {
    const Candidate& candidate = problem.candidates[id];
    if (candidate.channel == no_id) continue;
    const Index& index = problem.index_of(candidate);
    if (index.build(candidate.record) == record.build &&
        index.version(candidate.record) == record.version &&
        index.file_name(candidate.record) == record.fn && index.summary().subdir == record.subdir &&
        problem.channel_urls[candidate.channel] == record.channel_url)
      return id;
  }
  return std::nullopt;
}

SolvePlan make_plan(const LoadedProblem& problem, const Pruned& pruned, const Ranking& ranking) {
  SolvePlan plan;
  const std::vector<NameId> direct = direct_names(problem);
  const auto is_direct = [&](NameId name) {
    return std::find(direct.begin(), direct.end(), name) != direct.end();
  };
  const auto keep = [&](NameId name) {
    if (const auto candidate = preferred(problem, pruned.live, name))
      plan.ladders.push_back({name, {{*candidate}}});
  };
  const auto raise = [&](NameId name) { plan.ladders.push_back(by_version(ranking, name)); };
  const std::optional<NameId> python = problem.find_name("python");
  const bool python_is_implied = python && !is_direct(*python);

  for (const NameId name : updated_names(problem)) raise(name);
  for (const NameId name : direct) keep(name);
  if (python_is_implied) keep(*python);
  for (const NameId name : direct) raise(name);
  std::vector<NameId> others;
  for (NameId name = 0; name < problem.names.size(); ++name)
    if (!is_direct(name) && name != python) others.push_back(name);
  sort_names(problem, others);
  for (const NameId name : others) keep(name);
  if (python_is_implied) raise(*python);

  plan.install = direct;
  return plan;
}

}  // namespace envlock
