#include "cli/solve_command.hpp"

#include <algorithm>
#include <cmath>

#include "cli/condarc_notice.hpp"
#include "cli/json_output.hpp"
#include "cli/repodata_session.hpp"
#include "cli/solve_check.hpp"
#include "cli/solve_report.hpp"
#include "cli/solve_run.hpp"
#include "cli/wanted_names.hpp"

namespace envlock {
namespace {

SolveOptions read_options(const ParsedArgs& args, const Settings& settings) {
  SolveOptions options;
  options.files = args.positionals();
  options.output = args.value("output");
  options.environments = args.values("environment");
  options.project = settings.project.value_or("");
  options.platforms = args.values("platform");
  options.channels = args.values("channel");
  options.virtual_packages = args.values("virtual-package");
  options.updates = args.values("update");
  options.update_all = args.has("update-all");
  options.exclude_newer = args.value("exclude-newer");
  options.channel_priority = args.value("channel-priority");
  if (args.has("online") && !args.has("check"))
    throw UsageError("--online goes with --check", "add --check");
  if (args.has("check") &&
      (!options.updates.empty() || options.update_all || args.has("dry-run"))) {
    throw UsageError(
        "--check changes nothing, so it excludes --update, --update-all and --dry-run");
  }
  if (args.has("check") && args.has("online") && settings.offline) {
    throw UsageError("--online and --offline exclude each other");
  }
  return options;
}

void write_timings(JsonWriter& json, const std::vector<std::pair<std::string, double>>& timings) {
  json.key("timings_ms").begin_object();
  for (const auto& [name, ms] : timings)
    json.member(name, static_cast<std::uint64_t>(std::llround(ms)));
  json.end_object();
}

ExitCode check(const std::vector<SolveAsk>& asks, bool online, Context& context) {
  for (const SolveAsk& ask : asks) {
    if (!ask.existing) {
      throw IoError("there is no lock '" + ask.lock_shown + "' to check",
                    "make it with: envlock solve" +
                        (ask.environment.empty() ? "" : " -e " + ask.environment));
    }
  }
  std::vector<CheckResult> results;
  std::vector<ChannelSet::Seen> seen;
  std::optional<RepodataSession> session;
  for (const SolveAsk& ask : asks) {
    CheckResult result = check_lock(ask);
    if (online) {
      if (!session) session.emplace(context, true, ask.network);
      std::vector<Platform> platforms = ask.platforms;
      for (const auto& [platform, locked] : ask.existing->platforms) platforms.push_back(platform);
      std::sort(platforms.begin(), platforms.end());
      platforms.erase(std::unique(platforms.begin(), platforms.end()), platforms.end());
      const ChannelSet channels(ask.channels, platforms, ask.has_channel_policy, session->access(),
                                names_in_lock(*ask.existing));
      for (const std::string& notice : channels.notices()) context.console.note(notice);
      seen.insert(seen.end(), channels.seen().begin(), channels.seen().end());
      check_lock_online(ask, channels, result);
    }
    results.push_back(std::move(result));
  }
  bool stale = false;
  for (const CheckResult& result : results) stale = stale || !result.findings.empty();
  const ExitCode code = stale ? ExitCode::findings : ExitCode::ok;
  if (context.settings.json) {
    return print_json_result(context, code, [&](JsonWriter& json) {
      if (asks.size() == 1) {
        write_check(json, asks.front(), results.front());
      } else {
        json.key("environments").begin_object();
        for (std::size_t i = 0; i < asks.size(); ++i) {
          json.key(asks[i].environment).begin_object();
          write_check(json, asks[i], results[i]);
          json.end_object();
        }
        json.end_object();
      }
      if (online) write_seen(json, seen);
    });
  }
  for (std::size_t i = 0; i < asks.size(); ++i)
    print_check(context.console, asks[i], results[i], online);
  return code;
}

ExitCode run_solve(const ParsedArgs& args, Context& context) {
  const SolveOptions options = read_options(args, context.settings);
  note_condarc(context);
  if (args.has("check")) return check(ask_questions(options, context), args.has("online"), context);
  const SolveRun run = solve_locks(options, args.has("dry-run"), context);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      if (run.outcomes.size() == 1) {
        write_outcome(json, run.outcomes.front());
      } else {
        json.key("environments").begin_object();
        for (const LockOutcome& outcome : run.outcomes) {
          json.key(outcome.ask->environment).begin_object();
          write_outcome(json, outcome);
          json.end_object();
        }
        json.end_object();
      }
      std::vector<ChannelSet::Seen> seen;
      for (const ChannelSet& set : run.channels)
        seen.insert(seen.end(), set.seen().begin(), set.seen().end());
      write_seen(json, seen);
      write_timings(json, run.timings_ms);
    });
  }
  for (const LockOutcome& outcome : run.outcomes) print_outcome(context.console, outcome);
  for (const auto& [name, ms] : run.timings_ms)
    context.console.detail(name + ": " + std::to_string(std::lround(ms)) + " ms");
  return ExitCode::ok;
}

}  // namespace

Command solve_command() {
  CommandTable table;
  table.name = "solve";
  table.aliases = {"lock"};
  table.summary = "From environment.yml to a lockfile";
  table.description =
      "Finds the best set of packages that the environment files ask for, for each platform, and "
      "writes it to a lockfile with the "
      "sha256 of every package. The machine that it runs on does not matter: virtual packages such "
      "as __glibc come from envlock.yml, "
      "the options, the existing lock or stated defaults.\n\n"
      "Where a lock exists already, everything in it that still satisfies is kept; --update "
      "releases single packages and "
      "--update-all all. With --check nothing is changed: it says whether the lock still answers "
      "the question.";
  table.positionals = {
      {"ENVIRONMENT.yml",
       "environment files, merged in order (default: those of envlock.yml, else environment.yml)",
       false, true, ValueKind::file}};
  table.groups = {
      {"What to lock",
       {{.name = "environment",
         .letter = 'e',
         .value = "NAME",
         .help = "only this environment of envlock.yml",
         .repeatable = true},
        {.name = "platform",
         .value = "PLATFORM",
         .help = "lock for this platform",
         .more = "Where the files list 'platforms:', that list is whole; else the platforms of an "
                 "existing lock are kept beside it.",
         .fallback = "those of the file, else of the lock, else this machine's",
         .repeatable = true,
         .kind = ValueKind::platform},
        {.name = "channel",
         .letter = 'c',
         .value = "CHANNEL",
         .help = "take packages from this channel first: a name, a URL or a path",
         .repeatable = true},
        {.name = "virtual-package",
         .value = "N=V[=B]",
         .help = "assume this of the target machine; or 'host', 'host:FILE', 'none'",
         .more = "'host' reads this machine on purpose, and 'host:FILE' what 'envlock host' wrote "
                 "on another one (or 'host:NAME', of envlock.yml's 'hosts:'); 'none' assumes "
                 "nothing, not even the defaults.",
         .repeatable = true},
        {.name = "exclude-newer",
         .value = "DATE|AGE",
         .help = "leave out packages newer than a date or an age such as 7d; 'none' takes it back"},
        {.name = "channel-priority",
         .value = "MODE",
         .help = "how channels relate that have the same package",
         .fallback = "strict",
         .kind = ValueKind::choice,
         .choices = {"strict", "flexible", "disabled"}}}},
      {"What to do",
       {{.name = "output",
         .letter = 'o',
         .value = "LOCK",
         .help = "the lockfile",
         .fallback = "envlock.lock",
         .kind = ValueKind::file},
        {.name = "update",
         .value = "SPEC",
         .help = "raise this package, and what must move with it",
         .repeatable = true},
        {.name = "update-all", .help = "forget the existing lock's choices"},
        {.name = "dry-run", .help = "solve and report, but write nothing"},
        {.name = "check", .help = "change nothing; exit 1 where the lock is stale (no network)"},
        {.name = "online",
         .help = "with --check: also compare each entry with the channel's record"}}},
      credential_options()};
  table.examples = {
      {"Lock ./environment.yml for this machine's platform", "envlock solve"},
      {"Lock for two platforms, with a GPU in mind",
       "envlock solve --platform linux-64 --platform osx-arm64 --virtual-package __cuda=12.4"},
      {"In CI: is the lock what the file asks for?", "envlock solve --check"}};
  table.exits = {ExitCode::findings, ExitCode::invalid_input, ExitCode::unsolvable,
                 ExitCode::network, ExitCode::untrusted};
  return {std::move(table), &run_solve};
}

}  // namespace envlock
