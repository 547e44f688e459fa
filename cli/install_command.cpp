#include "cli/install_command.hpp"

#include <algorithm>
#include <optional>

#include "cli/baseline_file.hpp"
#include "cli/host_fit.hpp"
#include "cli/host_probe.hpp"
#include "cli/json_output.hpp"
#include "cli/lock_input.hpp"
#include "cli/prefix_argument.hpp"
#include "cli/repair_report.hpp"
#include "cli/solve_run.hpp"
#include "cli/stale_lock.hpp"
#include "model/prefix_path.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"
#include "pack/install.hpp"
#include "pack/link_scripts.hpp"
#include "pack/prefix_lock.hpp"
#include "pack/script_products.hpp"
#include "pack/stale_scripts.hpp"

namespace envlock {
namespace {

std::vector<VirtualPackage> host_packages(const Context& context) {
  std::vector<OverrideChange> changes;
  for (const OverrideVariable& one : override_variables()) {
    const auto value = context.environment(one.variable);
    if (!value) continue;
    if (auto change = apply_override(one.variable, *value, Platform::host()))
      changes.push_back(std::move(*change));
  }
  return with_overrides(probe_host(read_host_facts(), "/"), changes);
}

void require_host(const EnvironmentLock& environment, Context& context) {
  const Platform host = Platform::host();
  if (environment.platform != host) {
    throw Error(ExitCode::unfit,
                "an environment for " + environment.platform.subdir() +
                    " cannot be installed on this machine, which is " + host.subdir(),
                "'envlock fetch --to' brings its packages to a machine of that kind");
  }
  const HostFit fit =
      host_fit(environment.lock.platforms.at(environment.platform), host_packages(context));
  for (const std::string& warning : fit.warnings)
    context.console.warning(warning, "it will not run here; on a machine that has it, it will");
  if (fit.unfit.empty()) return;
  std::string text = "this machine does not have what the packages need:";
  for (const std::string& one : fit.unfit) text += "\n  " + one;
  throw Error(
      ExitCode::unfit, text,
      "solve for what it has: 'envlock solve --virtual-package host', or the same beside -f");
}

/// The command that makes all files of a prefix anew.
std::string repair_line(const std::string& prefix, const std::string& lock) {
  return "envlock install " + shell_word(lock) + " --prefix " + shell_word(prefix) + " --repair";
}

/// Loudly: what a script would have set up is missing.
void tell_skipped(const std::vector<SkippedScript>& skipped, const std::string& repair,
                  Console& console) {
  for (const SkippedScript& script : skipped) {
    console.warning(
        "'" + script.path + "' of " + script.file_name + " was not run; it would have done:\n" +
            script.beginning,
        script.sha256
            ? "to let it run, envlock.yml needs: policy: {link_scripts: [" + script.sha256->hex() +
                  "]}; then: " + repair
            : "such a script never runs: pre-link, or of a package that names no sha256 for it");
  }
}

void write_names(JsonWriter& json, std::string_view key, const std::vector<std::string>& names) {
  json.key(key).begin_array();
  for (const std::string& name : names) json.value(name);
  json.end_array();
}

/// `result` without what was only made anew.
InstallResult changes_of(const InstallResult& result) {
  InstallResult changes = result;
  const auto is_in = [](const std::vector<std::string>& names) {
    return [&names](const std::string& name) { return std::ranges::count(names, name) > 0; };
  };
  std::erase_if(changes.added, is_in(result.removed));
  std::erase_if(changes.removed, is_in(result.added));
  changes.kept += result.added.size() - changes.added.size();
  return changes;
}

void print_result(Console& console, const std::string& prefix, const std::string& lock,
                  const InstallResult& result, const std::string& access, bool has_python) {
  const bool same_packages = result.updated && result.added.empty() && result.removed.empty();
  if (same_packages && (result.finished || result.records > 0)) {
    console.out("'" + prefix + "' has the lock's packages" +
                (result.records > 0 ? "; what the lock says of " +
                                          counted(result.records, "package") + " was written anew"
                                    : "") +
                ".");
    return;
  }
  if (same_packages) {
    console.out("'" + prefix + "' is what the lock says by its records: nothing was changed.");
    console.note("its files were not looked at",
                 "envlock verify " + shell_word(prefix) + " --lock " + shell_word(lock) +
                     " does; " + repair_line(prefix, lock) + " makes them anew");
    return;
  }
  if (result.updated) {
    for (const std::string& name : result.removed) console.out(Line().add("- " + name, Tone::warn));
    for (const std::string& name : result.added) console.out(Line().add("+ " + name, Tone::good));
    console.out("Updated '" + prefix + "': " + std::to_string(result.added.size()) + " added, " +
                std::to_string(result.removed.size()) + " removed, " + std::to_string(result.kept) +
                " kept.");
  } else {
    console.out("Installed " + counted(result.added.size(), "package") + " into '" + prefix +
                "', " + access + ".");
  }
  console.out("Use it: envlock run -p " + shell_word(prefix) + " -- " +
              (has_python ? "python" : "COMMAND"));
}

/// What `--repair` did: packages that only were made anew are counted.
void print_repaired(Console& console, const std::string& prefix, const InstallResult& changes) {
  for (const std::string& name : changes.removed) console.out(Line().add("- " + name, Tone::warn));
  for (const std::string& name : changes.added) console.out(Line().add("+ " + name, Tone::good));
  console.out("All files of the " + counted(changes.kept + changes.added.size(), "package") +
              " in '" + prefix + "' were made anew.");
}

/// A lock that answers another question is somebody's: `-f` never writes over it.
void require_own_lock(const std::vector<std::string>& files, const std::string& lock_path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::exists(lock_path, error)) return;
  const fs::path folder = fs::absolute(lock_path).lexically_normal().parent_path();
  std::vector<std::string> asked;
  for (const std::string& file : files) {
    asked.push_back(
        fs::absolute(file).lexically_normal().lexically_relative(folder).generic_string());
  }
  std::vector<std::string> answered;
  std::string shown;
  for (const LockInputs::File& file : load_lock(lock_path).inputs.files) {
    answered.push_back(file.path);
    shown += (shown.empty() ? "'" : ", '") + file.path + "'";
  }
  if (asked == answered || answered.empty()) return;
  throw UsageError(
      "'" + lock_path + "' is the lock of " + shown + ", and '--file' would replace it",
      "give the new lock a name of its own: envlock solve " + shell_word(files.front()) +
          " -o NAME.lock, then: envlock install NAME.lock --prefix DIR");
}

/// `-f`: what `envlock solve FILE...` does. @return the lock's path
std::string solve_first(const ParsedArgs& args, Context& context) {
  if (!args.positionals().empty())
    throw UsageError("'--file' makes a lock, and LOCK is one", "give one of the two");
  SolveOptions options;
  options.files = args.values("file");
  options.virtual_packages = args.values("virtual-package");
  require_own_lock(options.files, "envlock.lock");
  options.project = context.settings.project.value_or("");
  const SolveRun run = solve_locks(options, false, context);
  const LockOutcome& outcome = run.outcomes.front();
  if (outcome.fate == LockOutcome::Fate::written && !context.settings.json)
    context.console.note("wrote " + outcome.ask->lock_shown);
  return outcome.ask->lock_shown;
}

/// "0755"
std::string mode_text(const std::string& folder) {
  std::error_code error;
  const auto mode = static_cast<unsigned>(std::filesystem::status(folder, error).permissions());
  if (error) return {};
  std::string text = "0";
  for (const unsigned shift : {6U, 3U, 0U}) text += static_cast<char>('0' + (mode >> shift & 7U));
  return text;
}

/// `--baseline`: what was installed, with its byte code. An updated prefix has parts that were
/// there before, which are not believed.
void write_its_baseline(const ParsedArgs& args, const EnvironmentLock& environment,
                        const TreePlan& plan, const InstallRequest& request,
                        const InstallResult& result, Context& context) {
  const std::string output = args.value("baseline");
  if (output.empty()) return;
  std::vector<std::string> notices;
  const ByteCodeWish byte_code{.wanted = request.byte_code,
                               .tree = result.updated ? std::string() : request.prefix};
  Baseline baseline = baseline_of_environment(environment, plan, byte_code, context, notices);
  for (const std::string& notice : add_script_products(baseline, result.script_products))
    context.console.note(notice);
  const Sha256 sha256 = write_baseline_file(baseline, output, context.console);
  context.console.note("wrote " + output + " (sha256 " + sha256.hex() +
                       "): keep it where nobody who can change the environment can change it");
}

ExitCode run_install(const ParsedArgs& args, Context& context) {
  const std::string prefix = require_prefix(args);
  require_usable_prefix(prefix);  // before anything is fetched for it
  if (args.has("virtual-package") && !args.has("file"))
    throw UsageError("'--virtual-package' goes with '--file': a lock has its own",
                     "solve with it: envlock solve --virtual-package ...");
  const ChosenAccess access = choose_access(args, prefix, context.environment);
  require_writable_place(prefix);
  const EnvironmentLock environment = load_environment_lock(
      args, context, args.has("file") ? solve_first(args, context) : std::string());
  warn_of_stale_lock(environment.lock, environment.path, context);
  require_host(environment, context);
  const TreePlan plan = plan_environment(environment, context, PypiGaps::local_left_out);
  const bool stated = args.has("private") || args.has("shared") || args.has("group");
  InstallRequest request{.prefix = prefix,
                         .lock_text = environment.text,
                         .variables = environment.lock.variables,
                         .access = {},
                         .new_access = access.access,
                         .byte_code = !args.has("no-byte-code"),
                         .link_scripts = environment.project
                                             ? environment.project->project.link_scripts
                                             : std::vector<Sha256>(),
                         .repair = args.has("repair"),
                         .threads = context.settings.threads};
  if (stated) request.access = access.access;
  const std::string before = mode_text(prefix);
  std::optional<RepairReport> repair;
  if (request.repair) repair.emplace(environment, plan, prefix, context);
  const InstallResult result = install_prefix(plan, request, context.stop);
  if (repair) repair->look_after(result.script_products, context);
  write_its_baseline(args, environment, plan, request, result, context);
  if (const std::string after = mode_text(prefix); result.updated && after != before)
    context.console.note("'" + prefix + "' had mode " + before + ", and has " + after + " now");
  for (const std::string& notice : result.notices) context.console.note(notice);
  if (!result.stale_scripts.empty())
    context.console.warning(told_stale_scripts(result.stale_scripts), stale_scripts_hint(prefix));
  tell_skipped(result.skipped_scripts, repair_line(prefix, environment.path), context.console);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("prefix", prefix).member("platform", environment.platform.subdir());
      json.member("updated", result.updated);
      write_names(json, "added", result.added);
      write_names(json, "removed", result.removed);
      json.member("kept", static_cast<std::uint64_t>(result.kept));
      json.member("records_updated", static_cast<std::uint64_t>(result.records));
      json.member("finished", result.finished);
      if (stated || !result.updated) json.member("access", access.reason);
      if (repair) repair->write_json(json);
      if (repair) write_names(json, "stale_scripts", result.stale_scripts);
      write_names(json, "notices", result.notices);
      json.key("skipped_scripts").begin_array();
      for (const SkippedScript& script : result.skipped_scripts) {
        json.begin_object().member("package", script.file_name).member("path", script.path);
        if (script.sha256) json.member("sha256", script.sha256->hex());
        json.end_object();
      }
      json.end_array();
    });
  }
  if (repair) repair->print(context.console, environment.path);
  if (repair && result.updated) {
    print_repaired(context.console, prefix, changes_of(result));
  } else {
    print_result(context.console, prefix, environment.path, result, access.reason,
                 !plan.python.empty());
  }
  return ExitCode::ok;
}

}  // namespace

Command install_command() {
  return {
      {.name = "install",
       .summary = "Make an environment from a lock",
       .description =
           "Fetches what the cache lacks, checks every file of every package against its manifest, "
           "and writes them into the prefix. A new prefix appears whole or not at all. One that "
           "envlock made before gets the difference; a run that was killed, or a link script that "
           "failed, is completed by the next. Files that no package owns are never touched, and "
           "packages that claim the same "
           "path with other content are refused before anything is written.\n\n"
           "Scripts that packages want to run while they are linked are not run, and each is "
           "named, "
           "except those whose sha256 envlock.yml's policy allows.\n\n"
           "Without --private, --shared or --group, a new prefix is private, and shared where root "
           "installs outside of its home.",
       .positionals = {lock_argument()},
       .groups = {{.title = "Options",
                   .options =
                       {prefix_option("the environment's folder"),
                        {.name = "file",
                         .letter = 'f',
                         .value = "ENVIRONMENT.yml",
                         .help = "solve this first, as 'envlock solve' does, and install its lock",
                         .repeatable = true,
                         .kind = ValueKind::file},
                        {.name = "virtual-package",
                         .value = "N=V[=B]",
                         .help = "with -f: assume this of the target machine; or 'host', or 'none'",
                         .repeatable = true},
                        one_platform_option(OnlyPlatform::refused),
                        {.name = "private", .help = "only you may enter the prefix (0700)"},
                        {.name = "shared", .help = "everybody may enter and read it (0755)"},
                        {.name = "group",
                         .value = "GROUP",
                         .help = "the group may enter and read it (0750)"},
                        {.name = "repair",
                         .help = "make every file of the packages anew in an existing prefix",
                         .more = "What 'envlock verify' found changed or missing is then as the "
                                 "lock says. Files that no package has stay."},
                        {.name = "baseline",
                         .value = "FILE",
                         .help = "write down what was installed, for 'envlock verify'",
                         .more = "What 'envlock baseline --byte-code' writes, with no second "
                                 "installation where the prefix is new, and what allowed link "
                                 "scripts made.",
                         .kind = ValueKind::file},
                        {.name = "no-byte-code",
                         .help = "do not compile python's byte code",
                         .more = "In a shared prefix nobody else can write it later, so that "
                                 "programs start more slowly."}}},
                  credential_options()},
       .examples = {{"The environment of ./envlock.lock", "envlock install --prefix ./env"},
                    {"For everybody on a server",
                     "envlock install gpu.lock --prefix /opt/gpu --shared"},
                    {"And what every file of it must be, for verify",
                     "envlock install gpu.lock --prefix /opt/gpu --shared --baseline "
                     "/etc/envlock/gpu.baseline"}},
       .exits = {ExitCode::invalid_input, ExitCode::unsolvable, ExitCode::network,
                 ExitCode::untrusted, ExitCode::unfit}},
      run_install};
}

}  // namespace envlock
