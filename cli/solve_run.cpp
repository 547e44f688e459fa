#include "cli/solve_run.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <set>

#include "cli/output_file.hpp"
#include "cli/pip_solve.hpp"
#include "cli/repodata_session.hpp"
#include "cli/solve_lock.hpp"
#include "cli/wanted_names.hpp"
#include "fetch/atomic_file.hpp"
#include "model/match_spec.hpp"

namespace envlock {
namespace {

/// Names whose requests differ between the question that the lock answers and today's.
std::vector<std::string> causes_of(const SolveAsk& ask) {
  std::set<std::string> locked;
  std::set<std::string> current;
  const auto collect = [](const LockInputs& inputs, std::set<std::string>& into) {
    for (const LockInputs::File& file : inputs.files) {
      into.insert(file.specs.begin(), file.specs.end());
      for (const auto& [platform, specs] : file.platform_specs)
        into.insert(specs.begin(), specs.end());
    }
  };
  if (ask.existing) collect(ask.existing->inputs, locked);
  collect(ask.inputs, current);
  std::set<std::string> names;
  for (const std::string& spec : locked) {
    if (!current.contains(spec)) names.insert(MatchSpec::parse(spec).name());
  }
  for (const std::string& spec : current) {
    if (!locked.contains(spec)) names.insert(MatchSpec::parse(spec).name());
  }
  for (const Request& update : ask.updates) names.insert(MatchSpec::parse(update.text).name());
  return {names.begin(), names.end()};
}

/// Before any work, so that with several environments no lock is written where another cannot be.
void require_lock_folder(const SolveAsk& ask) {
  const std::filesystem::path folder = real_target(ask.lock_path).parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return;
  const int why = errno;
  throw IoError("cannot write '" + ask.lock_shown + "' into '" + folder.string() + "'", why,
                why == ENOENT ? "make the folder, or choose another place with -o"
                              : "choose another place with -o, or let the folder be written to");
}

LockOutcome::Fate store(const SolveAsk& ask, Lockfile& lock, bool dry_run) {
  // The same answer to the same question: an age's moving cutoff is no reason for another lock.
  if (ask.existing && lock == *ask.existing) lock.inputs = ask.existing->inputs;
  const std::string text = write_lockfile(lock);
  // What is written must be read again: a lock that envlock itself would refuse is a defect,
  // noticed here.
  try {
    (void)read_lockfile(text, ask.lock_shown, ask.lock_path.parent_path().string());
  } catch (const InputError& error) {
    throw InternalError("the new lock contradicts itself: " + std::string(error.what()));
  }
  if (dry_run) return LockOutcome::Fate::dry_run;
  const std::filesystem::path target = real_target(ask.lock_path);
  if (ask.existing && read_file(target, std::size_t{64} << 20U) == text)
    return LockOutcome::Fate::unchanged;
  write_output_file(target, ask.lock_shown, text);
  return LockOutcome::Fate::written;
}

/// The lock whose versions `ask` takes: of this run, else the existing one. Null: none is asked
/// for.
const Lockfile* same_versions_lock(const SolveAsk& ask,
                                   const std::map<std::string, const Lockfile*>& of_this_run) {
  if (!ask.same_versions_as) return nullptr;
  const auto found = of_this_run.find(*ask.same_versions_as);
  if (found != of_this_run.end()) return found->second;
  if (ask.same_versions_lock) return &*ask.same_versions_lock;
  throw UsageError(
      "environment '" + ask.environment + "' takes the versions of '" + *ask.same_versions_as +
          "', which has no lock yet",
      "solve both: envlock solve -e " + *ask.same_versions_as + " -e " + ask.environment);
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

}  // namespace

std::vector<SolveAsk> ask_questions(const SolveOptions& options, Context& context) {
  std::vector<SolveAsk> asks = build_asks(options, surroundings(context));
  for (const SolveAsk& ask : asks) {
    for (const std::string& notice : ask.notices) context.console.warning(notice);
  }
  return asks;
}

SolveRun solve_locks(const SolveOptions& options, bool dry_run, Context& context) {
  const auto start = std::chrono::steady_clock::now();
  SolveRun run;
  run.asks = ask_questions(options, context);
  run.timings_ms.emplace_back("read", milliseconds_since(start));
  if (!dry_run) {
    for (const SolveAsk& ask : run.asks) require_lock_folder(ask);
  }
  RepodataSession session(context, false, run.asks.front().network);
  const auto fetching = std::chrono::steady_clock::now();
  std::map<std::string, const Lockfile*> locks;
  run.outcomes.reserve(run.asks.size());  // `locks` points into it
  double solving_ms = 0;
  double pip_ms = 0;
  for (const SolveAsk& ask : run.asks) {
    const ChannelSet& channels = run.channels.emplace_back(
        ask.channels, ask.platforms, ask.has_channel_policy, session.access(), names_to_solve(ask));
    for (const std::string& notice : channels.notices()) context.console.note(notice);
    for (const std::string& detail : channels.details()) context.console.detail(detail);
    if (ask.inputs.exclude_newer) {
      const bool from_lock =
          options.exclude_newer.empty() && !(ask.project && ask.project->project.exclude_newer);
      context.console.note(
          "records newer than " + ask.inputs.exclude_newer->cutoff.to_string() +
              " are left out (exclude_newer " + ask.inputs.exclude_newer->asked +
              ", counted from " + context.clock.to_string() + ")",
          from_lock ? "this wish stands in '" + ask.lock_shown + "': --exclude-newer none ends it"
                    : "");
    }
    const Lockfile* exactly = same_versions_lock(ask, locks);
    const auto solving = std::chrono::steady_clock::now();
    LockOutcome outcome{&ask, {}, {}, causes_of(ask), LockOutcome::Fate::written};
    outcome.solutions = solve_all(questions_of(ask, channels, exactly),
                                  static_cast<unsigned>(context.settings.threads));
    solving_ms += milliseconds_since(solving);
    outcome.lock = make_lock(ask, channels, outcome.solutions);
    if (has_pip_list(ask)) {
      const auto resolving = std::chrono::steady_clock::now();
      lock_pip_lists(ask, outcome.lock, session.http(), session.credentials(), context);
      pip_ms += milliseconds_since(resolving);
    }
    run.outcomes.push_back(std::move(outcome));
    if (!ask.environment.empty()) locks.emplace(ask.environment, &run.outcomes.back().lock);
  }
  run.timings_ms.emplace_back("repodata", milliseconds_since(fetching) - solving_ms - pip_ms);
  run.timings_ms.emplace_back("solve", solving_ms);
  if (pip_ms > 0) run.timings_ms.emplace_back("pip", pip_ms);
  if (context.stop.stop_requested()) throw Interrupted();
  // Every environment has its answer: only now are files replaced.
  for (LockOutcome& outcome : run.outcomes)
    outcome.fate = store(*outcome.ask, outcome.lock, dry_run);
  run.timings_ms.emplace_back("total", milliseconds_since(start));

  for (const LockOutcome& outcome : run.outcomes) {
    std::set<std::string> told;
    for (const auto& [platform, solution] : outcome.solutions) {
      for (const SolveNotice& notice : solution.notices) {
        if (told.insert(notice.message).second) context.console.note(notice.message, notice.hint);
      }
    }
  }
  return run;
}

}  // namespace envlock
