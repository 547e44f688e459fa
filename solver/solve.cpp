#include "solver/solve.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "model/error.hpp"
#include "solver/cuda.hpp"
#include "solver/explain.hpp"
#include "solver/fault.hpp"
#include "solver/libsolv_pool.hpp"
#include "solver/notices.hpp"
#include "solver/order.hpp"
#include "solver/plan.hpp"
#include "solver/problem.hpp"
#include "solver/prune.hpp"
#include "solver/reduce.hpp"

namespace envlock {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "; ") + line;
  return text;
}

class Stopwatch {
 public:
  explicit Stopwatch(std::map<std::string, double>& timings) : timings_(timings) {}
  void lap(const char* what) {
    const auto now = std::chrono::steady_clock::now();
    timings_[what] = std::chrono::duration<double, std::milli>(now - last_).count();
    last_ = now;
  }

 private:
  std::map<std::string, double>& timings_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// ": FILE: why", of the first record that is badly signed.
std::string first_signature_fault(const LoadedProblem& problem, const std::string& name) {
  for (const SolverChannel& channel : problem.question->channels) {
    if (channel.signatures == SignaturePolicy::not_looked_at) continue;
    for (const auto& index : channel.subdirs) {
      const Index::Range range = index->find(name);
      for (RecordId id = range.first; id < range.last; ++id) {
        const auto verdict = index->signatures(id);
        if (verdict && verdict->state == SignatureVerdict::State::bad)
          return ": " + index->file_name(id) + ": " + verdict->text;
      }
    }
  }
  return {};
}

/// A needed name that has records, but none that may be trusted, is a refusal, not a conflict.
void refuse_untrusted(const LoadedProblem& problem) {
  for (const NameId id : needed_names(problem)) {
    const Name& name = problem.names[id];
    if (name.size() != 0) continue;
    if (name.owner && name.count(LeftOut::owned_by_other) != 0) {
      std::string others;
      const auto& channels = problem.question->channels;
      for (std::size_t c = 0; c < channels.size(); ++c) {
        bool serves = c != *name.owner;
        bool has = false;
        for (const auto& index : channels[c].subdirs) has = has || !index->find(name.text).empty();
        if (serves && has)
          others += (others.empty() ? "'" : ", '") + channels[c].channel.name + "'";
      }
      throw TrustError("'" + name.text + "' belongs to channel '" +
                           channels[*name.owner].channel.name +
                           "', which has no candidate; refused from " + others,
                       "publish it in '" + channels[*name.owner].channel.name +
                           "', or change that channel's 'owns:' in envlock.yml");
    }
    if (name.count(LeftOut::not_signed) + name.count(LeftOut::badly_signed) != 0)
      throw TrustError("no record of '" + name.text + "' is signed as its channel needs" +
                           first_signature_fault(problem, name.text),
                       "tell the channel's owner; no envlock.yml should be loosened for it");
    if (name.count(LeftOut::without_sha256) != 0)
      throw TrustError(
          "every candidate of '" + name.text + "' lacks a sha256, so that none could be verified",
          "use a channel whose repodata has sha256 for '" + name.text + "'");
  }
}

std::vector<std::string> signers_of(const LoadedProblem& problem, const Candidate& candidate) {
  const SolverChannel& channel = problem.question->channels[candidate.channel];
  if (channel.signatures == SignaturePolicy::not_looked_at) return {};
  const auto verdict = problem.index_of(candidate).signatures(candidate.record);
  return verdict ? verdict->signers() : std::vector<std::string>{};
}

Solution describe(const LoadedProblem& problem, const std::vector<CandidateId>& chosen) {
  Solution solution;
  const std::vector<NameId> direct = direct_names(problem);
  for (const CandidateId id : chosen) {
    const Candidate& candidate = problem.candidates[id];
    if (candidate.channel == no_id) continue;
    solution.packages.push_back(
        {problem.record_of(candidate), candidate.channel,
         std::find(direct.begin(), direct.end(), candidate.name) != direct.end(),
         signers_of(problem, candidate)});
  }
  std::sort(
      solution.packages.begin(), solution.packages.end(),
      [](const SolvedPackage& a, const SolvedPackage& b) { return a.record.name < b.record.name; });
  return solution;
}

}  // namespace

UnsolvableError::UnsolvableError(std::string platform_subdir, Explanation why)
    : Error(ExitCode::unsolvable, why.headline, joined(why.suggestions)),
      platform(std::move(platform_subdir)),
      explanation(std::move(why)) {}

namespace {

/// The chosen candidates, or nothing where there is no solution.
std::optional<std::vector<CandidateId>> choose(const LoadedProblem& problem, Stopwatch& stopwatch,
                                               std::size_t& after_pruning) {
  std::optional<Pruned> pruned = prune(problem);
  stopwatch.lap("prune");
  if (!pruned) return std::nullopt;
  const Reduced reduced = reduce(problem, *pruned, rank_candidates(problem, pruned->live));
  after_pruning = pruned->live.count();
  stopwatch.lap("rank");
  auto chosen = run_libsolv(problem, reduced, make_plan(problem, *pruned, reduced.ranking));
  stopwatch.lap("solve");
  if (!chosen) return std::nullopt;
  if (const auto fault = find_fault(problem, *chosen))
    throw InternalError("the solver's answer is wrong: " + *fault);
  return chosen;
}

/// Solves once more with `__cuda`, where that could have changed something.
std::optional<SolveNotice> try_cuda(const LoadedProblem& problem,
                                    const std::vector<CandidateId>& chosen) {
  const std::optional<VirtualPackage> cuda = cuda_to_try(problem, chosen);
  if (!cuda) return std::nullopt;
  SolveQuestion question = *problem.question;
  question.virtual_packages.push_back(*cuda);
  const LoadedProblem with_cuda = load_problem(question);
  std::map<std::string, double> timings;
  Stopwatch stopwatch(timings);
  std::size_t after_pruning = 0;
  const auto other = choose(with_cuda, stopwatch, after_pruning);
  if (!other) return std::nullopt;
  std::vector<PackageRecord> records;
  for (const SolvedPackage& package : describe(with_cuda, *other).packages)
    records.push_back(package.record);
  return cuda_notice(problem, chosen, *cuda, records);
}

}  // namespace

Solution solve(const SolveQuestion& question) {
  std::map<std::string, double> timings;
  Stopwatch stopwatch(timings);
  const LoadedProblem problem = load_problem(question);
  stopwatch.lap("load");
  std::size_t after_pruning = 0;
  const auto chosen = choose(problem, stopwatch, after_pruning);
  if (!chosen) {
    refuse_untrusted(problem);
    throw UnsolvableError(question.platform.subdir(), explain(problem));
  }
  Solution solution = describe(problem, *chosen);
  solution.notices = make_notices(problem, *chosen);
  stopwatch.lap("finish");
  if (auto notice = try_cuda(problem, *chosen))
    solution.notices.insert(solution.notices.begin(), std::move(*notice));
  stopwatch.lap("try_cuda");
  solution.counts = {problem.names.size(), problem.candidates.size(), after_pruning};
  solution.timings_ms = std::move(timings);
  return solution;
}

}  // namespace envlock
