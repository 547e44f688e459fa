#include "cli/pack_prefix.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "cli/fetch_policy.hpp"
#include "cli/json_output.hpp"
#include "cli/lock_input.hpp"
#include "cli/project_file.hpp"
#include "cli/runtime_program.hpp"
#include "cli/verify_audit.hpp"
#include "cli/verify_input.hpp"
#include "cli/version.hpp"
#include "cli/wheel_packages.hpp"
#include "fetch/atomic_file.hpp"
#include "model/pack_facts.hpp"
#include "model/text.hpp"
#include "pack/prefix_records.hpp"
#include "verify/extra_family.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_baseline_bytes = std::size_t{512} << 20U;

/// Where what the prefix is held against comes from.
struct Against {
  std::string lock;      ///< A path.
  std::string baseline;  ///< A path; empty: the packages of the lock say it.
  std::string no_proof;  ///< Why it proves nothing; empty: it does.
};

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

Against by_itself(const std::string& prefix) {
  const std::string lock = prefix + '/' + std::string(installed_lock_path);
  const std::string manifest = prefix + '/' + std::string(pack_path::manifest);
  if (!is_file(lock)) {
    throw UsageError("'" + prefix + "' has no lock of its own: envlock did not make it",
                     "lock what it should hold, and hold it against that: --lock LOCK");
  }
  return {.lock = lock,
          .baseline = is_file(manifest) ? manifest : std::string(),
          .no_proof = "the prefix was held against its own lock" +
                      std::string(is_file(manifest) ? " and manifest" : "") +
                      ", which whoever can change the files can change, too"};
}

void require_outside(const std::string& file, const std::string& prefix) {
  if (!lies_in(file, prefix)) return;
  throw TrustError("'" + file + "' lies in the prefix that it judges, and proves nothing",
                   "name one that lies elsewhere; --self takes it all the same, and the pack then "
                   "says that it is no proof");
}

Against read_against(const ParsedArgs& args, const std::string& prefix) {
  if (!args.positionals().empty())
    throw UsageError("LOCK and '--prefix' are two ways to say what is packed",
                     "what the prefix is held against is said by --lock LOCK");
  if (args.has("self")) {
    if (args.has("lock") || args.has("baseline"))
      throw UsageError("'--self' contradicts '--lock' and '--baseline'", "give one of them");
    return by_itself(prefix);
  }
  Against against{.lock = args.value("lock"), .baseline = args.value("baseline"), .no_proof = {}};
  if (against.lock.empty() && is_file("envlock.lock")) against.lock = "envlock.lock";
  // A baseline names its lock by digest, so that the prefix's own copy is as good as any.
  const std::string inner = prefix + '/' + std::string(installed_lock_path);
  if (against.lock.empty() && !against.baseline.empty() && is_file(inner)) {
    against.lock = inner;
  } else if (against.lock.empty()) {
    throw UsageError(
        against.baseline.empty()
            ? "nothing is given that '" + prefix + "' could be held against"
            : "the lock that '" + against.baseline + "' was made from is not here",
        "add --lock LOCK; with --baseline FILE no packages are needed; --self takes the "
        "prefix's own lock, which proves nothing");
  }
  if (against.baseline.empty()) require_outside(against.lock, prefix);
  if (!against.baseline.empty()) require_outside(against.baseline, prefix);
  return against;
}

/// As load_environment_lock; but beside a lock in the prefix nobody looks for an envlock.yml, which
/// could name a helper to run.
EnvironmentLock load_lock_of(const ParsedArgs& args, const std::string& lock,
                             const std::string& prefix, Context& context) {
  if (!lies_in(lock, prefix)) return load_environment_lock(args, context, lock);
  std::string text = load_lock_text(lock);
  Lockfile read = read_lock_text(text, lock);
  const Platform platform = choose_platform(read, args, OnlyPlatform::refused);
  std::optional<ProjectFile> project;
  if (context.settings.project) {
    project = load_project(*context.settings.project, fs::current_path(), {});
    if (project) require_policy(read, lock, std::array{platform}, *project, context);
  }
  return {lock, std::move(text), std::move(read), platform, std::move(project)};
}

/// The records of a baseline's packages, from its lock.
std::vector<PackageToPlace> packages_of(const Baseline& baseline, const EnvironmentLock& lock) {
  const LockPlatform& content = lock.lock.platforms.at(lock.platform);
  std::vector<LockedPackage> locked = pypi_parts(content, lock_folder(lock.path)).wheels;
  locked.insert(locked.end(), content.packages.begin(), content.packages.end());
  std::vector<PackageToPlace> packages;
  for (const BaselinePackage& package : baseline.packages) {
    const auto found = std::ranges::find_if(locked, [&](const LockedPackage& one) {
      return one.record.sha256 == package.sha256 && distinct_name(one.record) == package.name;
    });
    if (found == locked.end()) {
      throw InputError("the baseline has the package '" + package.fn + "', and '" + lock.path +
                       "' has not");
    }
    packages.push_back({found->record, found->channel, found->requested,
                        PackageArchive::not_at_hand(found->record.fn)});
  }
  return packages;
}

/// The files that only a pack has: an installed prefix lacks them, and they are judged apart.
void forget_program(Baseline& baseline) {
  std::erase_if(baseline.files, [](const BaselineFile& file) {
    return file.package == BaselineFile::own && file.path == pack_path::program;
  });
}

/// By the packages: they give the same bytes as a pack of the lock.
PrefixToPack plan_by_packages(EnvironmentLock environment, std::unique_ptr<PrefixFiles> files,
                              Context& context) {
  TreePlan plan = plan_environment(environment, context, PypiGaps::local_left_out,
                                   runtime_files(environment.platform));
  std::vector<std::string> said_when_packed;
  Baseline baseline = make_baseline(plan, baseline_facts(environment), context.settings.threads,
                                    context.stop, said_when_packed);
  forget_program(baseline);
  return {.environment = std::move(environment),
          .baseline = std::move(baseline),
          .plan = std::move(plan),
          .files = std::move(files)};
}

/// By a baseline: what it lists is read from the prefix.
PrefixToPack plan_by_baseline(EnvironmentLock environment, std::unique_ptr<PrefixFiles> files,
                              const std::string& file) {
  Baseline baseline = read_baseline(read_file(file, max_baseline_bytes), file);
  if (baseline.lock_sha256 != sha256_of(environment.text)) {
    throw InputError("'" + file + "' was made from another lock than '" + environment.path + "'",
                     "name the lock that it was made from: --lock LOCK");
  }
  if (baseline.platform != environment.platform) {
    throw InputError("'" + file + "' is of " + baseline.platform.subdir() + ", not of " +
                     environment.platform.subdir());
  }
  TreePlan plan = plan_from_prefix(baseline, packages_of(baseline, environment),
                                   runtime_files(environment.platform), *files);
  return {.environment = std::move(environment),
          .baseline = std::move(baseline),
          .plan = std::move(plan),
          .files = std::move(files)};
}

/// envlock.yml only where it is named, and never out of what is judged: it could forgive itself.
VerifyPolicy policy_of(const PrefixToPack& prefix, const std::string& path,
                       const Context& context) {
  if (!context.settings.project || !prefix.environment.project) return {};
  require_outside(*context.settings.project, path);
  return prefix.environment.project->project.verify;
}

VerifyReport verify(const PrefixToPack& prefix, const std::string& path, const Against& against,
                    const Context& context) {
  VerifyReport report;
  report.result = verify_prefix({.prefix = path,
                                 .against = against.baseline.empty() ? "lock" : "baseline",
                                 .lock = against.lock,
                                 .threads = context.settings.threads,
                                 .stop = context.stop,
                                 .hash_all_evidence = true,
                                 .list_unowned = true,
                                 .packed_program = sha256_of(runtime_program(Platform::host()))},
                                prefix.baseline);
  const VerifyPolicy policy = policy_of(prefix, path, context);
  report.version = program_version();
  report.prefix = path;
  report.input = against.baseline.empty() ? against.lock : against.baseline;
  report.against = (against.baseline.empty() ? "lock " : "baseline ") + report.input;
  report.no_proof = against.no_proof;
  report.rules = rules_with_audit();
  report.judged =
      apply_policy(std::move(report.result.findings), policy, context.clock.now(), report.rules);
  if (!policy.accepted.empty()) report.now = context.clock.now();
  return report;
}

/// "3 programs, 1 data file"
std::string families(const std::vector<const UnownedFile*>& files) {
  std::map<std::string, std::uint64_t> counts;
  for (const UnownedFile* file : files) ++counts[file->family];
  std::string text;
  for (const auto& [family, count] : counts)
    text += (text.empty() ? "" : ", ") + counted_kind(count, family);
  return text;
}

}  // namespace

PrefixToPack read_prefix_to_pack(const ParsedArgs& args, const PackRequest& request,
                                 Context& context) {
  const std::string path = args.value("prefix");
  if (path.empty()) throw UsageError("no prefix is given", "say which folder: --prefix DIR");
  const Against against = read_against(args, path);
  EnvironmentLock environment = load_lock_of(args, against.lock, path, context);
  auto files = std::make_unique<PrefixFiles>(path);
  PrefixToPack out =
      against.baseline.empty()
          ? plan_by_packages(std::move(environment), std::move(files), context)
          : plan_by_baseline(std::move(environment), std::move(files), against.baseline);
  out.report = verify(out, path, against, context);
  const auto& unowned = out.report.result.unowned;
  const std::vector<std::string> others = paths_of_findings(unowned, out.report.judged);
  const FilteredTree filtered = filter_tree(out.plan, request.steps, others);
  // A slip of the pen would take along what no package brought, or leave it.
  for (const FilterStep& step : filtered.unmatched)
    throw Error(ExitCode::usage, told_unmatched(step), std::string(unmatched_hint));
  out.excluded = filtered.removed;
  out.choice = choose_for_pack(unowned, out.report.judged, request.steps);
  if (!out.is_refused()) {
    TakenPaths taken = take_paths(out.plan, *out.files, out.choice.taken, context.stop);
    out.choice.faults = std::move(taken.faults);
    std::ranges::move(taken.notices, std::back_inserter(out.notices));
    leave_paths(out.plan, out.choice.left);
  }
  out.report.judged.findings = out.choice.refused;
  out.report.failed = out.is_refused();
  return out;
}

ExitCode report_refused(const PrefixToPack& prefix, const PackRequest& request, Context& context) {
  Console& console = context.console;
  if (context.settings.json) {
    return print_json_result(context, ExitCode::findings, [&](JsonWriter& json) {
      write_json_report(json, prefix.report);
      json.key("cannot_be_packed").begin_array();
      for (const std::string& fault : prefix.choice.faults) json.value(fault);
      json.end_array();
    });
  }
  const auto say = [&](const std::string& line) {
    if (request.output.kind == PackOutput::Kind::stream) return console.note(line);
    console.out(line);
  };
  if (!prefix.choice.refused.empty()) {
    const std::string text = text_report(prefix.report);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      say(text.substr(at, end - at));
      at = end + 1;
    }
  }
  for (const std::string& fault : prefix.choice.faults) say("cannot be packed: " + fault);
  say_unowned(prefix, console);
  say("Nothing was packed. What no package brought is taken with --include GLOB and left with "
      "--exclude GLOB; other findings are mended by 'envlock install --repair', or accepted by "
      "'envlock accept' in an envlock.yml that --project names.");
  return ExitCode::findings;
}

void say_unowned(const PrefixToPack& prefix, Console& console) {
  std::vector<const UnownedFile*> taken;
  std::vector<const UnownedFile*> left;
  std::vector<const UnownedFile*> undecided;
  std::set<std::string> seen;
  const auto& behind = prefix.choice.left_behind;
  for (const UnownedFile& file : prefix.report.result.unowned) {
    if (!seen.insert(file.path).second) continue;
    const bool is_taken = std::ranges::find(prefix.choice.taken, file.path, &PathToTake::path) !=
                          prefix.choice.taken.end();
    const bool is_behind = std::ranges::find(behind, file.path, &UnownedFile::path) != behind.end();
    (is_taken ? taken : is_behind ? undecided : left).push_back(&file);
  }
  if (!taken.empty()) console.note("of no package, and taken: " + families(taken));
  if (!left.empty()) console.note("of no package, and left out by filters: " + families(left));
  if (!undecided.empty()) console.note("of no package, and not taken: " + families(undecided));
}

}  // namespace envlock
