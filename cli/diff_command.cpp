#include "cli/diff_command.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "cli/cached_scripts.hpp"
#include "cli/diff_source.hpp"
#include "cli/git_blob.hpp"
#include "cli/host_input.hpp"
#include "cli/json_output.hpp"
#include "cli/known_rules.hpp"
#include "cli/output_file.hpp"
#include "cli/project_file.hpp"
#include "cli/report_files.hpp"
#include "cli/version.hpp"
#include "model/error.hpp"
#include "model/parallel.hpp"
#include "verify/diff/report.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> formats{"text",   "json",  "markdown", "sarif",
                                                  "github", "junit", "gitlab"};

/// The age below which packages are told as young.
std::int64_t young_age(const ParsedArgs& args, const Context& context) {
  const std::string text = args.value("young", "7d");
  if (text == "0" || text == "none") return 0;
  if (text.find_first_not_of("0123456789") == std::string::npos)
    throw UsageError("'--young " + text + "' has no unit",
                     "write for example --young " + text + 'd');
  return context.clock.now().ms - parse_exclude_newer(text, context.clock.now()).cutoff.ms;
}

/// Where a reviewer sees each change: its package in the new lock (what is gone: in the old one),
/// or the line of the environment file.
void find_places(DiffReport& report, const DiffSource& before, const DiffSource& after) {
  std::map<std::string, std::optional<std::string>> texts;
  for (Change& change : report.result.changes) {
    const bool is_gone = change.after == nullptr && change.before != nullptr;
    const DiffInput& input = is_gone ? before.input : after.input;
    change.file = after.input.file.empty() ? before.input.file : after.input.file;
    if (const auto line = input.lines.find(change.platform + '/' + change.name);
        line != input.lines.end()) {
      change.line = line->second;
      change.file = input.file;
    }
    const std::size_t specs = change.name.find(": specs");
    if (change.kind != ChangeKind::question || specs == std::string::npos || !after.beside)
      continue;
    const std::string file = change.name.substr(0, specs);
    const auto [text, is_new] = texts.emplace(file, std::nullopt);
    if (is_new) text->second = after.beside(file);
    if (!text->second) continue;
    change.line =
        line_of_request(*text->second, change.finding.found.empty() ? change.finding.expected
                                                                    : change.finding.found);
    change.file = (fs::path(after.input.file).parent_path() / file).lexically_normal().string();
  }
}

/// The envlock.yml that judges. A base branch that has none yet has no policy.
std::optional<ProjectFile> judging_project(const fs::path& cwd, Context& context) {
  const std::string option = context.settings.project.value_or("");
  constexpr std::string_view git = "git:";
  if (option.starts_with(git) && !has_git_blob(option.substr(git.size()), cwd)) {
    context.console.note("'" + option + "': there is none there, so no policy counts");
    return std::nullopt;
  }
  return load_project(option, cwd, cwd);
}

DiffReport make_report(const ParsedArgs& args, Context& context, const DiffSource& before,
                       const DiffSource& after) {
  const fs::path cwd = fs::current_path();
  const auto project = judging_project(cwd, context);
  DiffSettings settings{.now = context.clock.now(),
                        .young_ms = young_age(args, context),
                        .hosts = {},
                        .scripts = {},
                        .threads = context.settings.threads,
                        .stop = context.stop};
  if (project) {
    for (const auto& [name, file] : project->project.hosts)
      settings.hosts.emplace(name, load_host(name, project, cwd));
  }
  CachedScripts scripts(context);
  settings.scripts = [&](const PackageRecord& record) { return scripts(record); };
  DiffReport report{.version = std::string(program_version()),
                    .before = &before.input,
                    .after = &after.input,
                    .result = compare(before.input, after.input, settings),
                    .acceptances = {},
                    .fail_on = parse_fail_on(args.value("fail-on", "any")).value(),
                    .now = context.clock.now()};
  judge(report, project ? project->project.verify : VerifyPolicy{}, known_rules());
  std::erase_if(report.acceptances, [](const AcceptanceUse& use) {
    return find_rule(diff_rules(), rule_of_id(use.acceptance.finding)) == nullptr;
  });
  find_places(report, before, after);
  return report;
}

std::string document_of(const DiffReport& report, std::string_view format, ExitCode code,
                        const Context& context) {
  if (format == "json") {
    return json_result(context.command, code,
                       [&](JsonWriter& json) { write_diff_json(json, report); });
  }
  if (format == "markdown") return diff_markdown(report);
  if (format == "sarif") return diff_sarif(report);
  if (format == "github") return diff_github(report);
  if (format == "junit") return diff_junit(report);
  if (format == "gitlab") return diff_gitlab(report);
  const ConsoleSettings& console = context.console.settings();
  return diff_text(report, console.out_is_tty ? console.width : 0);
}

Tone tone_of(std::string_view line) {
  if (line.starts_with("error ") || line.starts_with("! ")) return Tone::bad;
  if (line.starts_with("warning ")) return Tone::warn;
  if (line.starts_with("    ") || line.starts_with("note: ")) return Tone::dim;
  return Tone::plain;
}

void print_text(Console& console, std::string_view text) {
  bool is_first = true;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    console.out(Line().add(line, is_first ? Tone::bold : tone_of(line)));
    is_first = false;
  }
}

/// Side by side: reading is most of the work.
/// @param for_programs  a report tells lines and digests; text for people tells neither
std::pair<DiffSource, DiffSource> read_both(const ParsedArgs& args, bool for_programs,
                                            Context& context) {
  std::array<std::optional<DiffSource>, 2> sources;
  std::array<std::exception_ptr, 2> failures;
  parallel_for(2, context.settings.threads, context.stop, [&](std::size_t i) {
    try {
      DiffSource& source = sources.at(i).emplace(read_diff_source(args.positional(i), context));
      if (!for_programs || source.text.empty()) return;
      source.input.sha256 = sha256_of(source.text);
      find_lines(source.input, source.text);
    } catch (...) {
      failures.at(i) = std::current_exception();
    }
  });
  // Where both fail, the message is always the same one's.
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  // Drift is what the prefix has otherwise than the document, whichever of the two is named first.
  const bool is_reversed =
      sources[0]->input.kind == DiffKind::prefix && sources[1]->input.kind != DiffKind::prefix;
  if (is_reversed) std::swap(sources[0], sources[1]);
  return {std::move(*sources[0]), std::move(*sources[1])};
}

ExitCode run_diff(const ParsedArgs& args, Context& context) {
  const std::vector<ReportFile> files = report_files(args, context, formats);
  if (args.positionals().size() != 2) {
    throw UsageError("'envlock diff' compares two things",
                     "for example: envlock diff git:origin/main:envlock.lock envlock.lock");
  }
  const bool for_programs =
      context.settings.json || context.settings.format != "text" ||
      std::ranges::any_of(files, [](const ReportFile& file) { return file.format != "text"; });
  const auto [before, after] = read_both(args, for_programs, context);
  const DiffReport report = make_report(args, context, before, after);
  const ExitCode code = report.failed ? ExitCode::findings : ExitCode::ok;
  for (const ReportFile& file : files)
    write_output_file(file.path, file.path, document_of(report, file.format, code, context));
  const bool is_silent = context.settings.quiet && report.result.changes.empty();
  if (context.settings.json) {
    context.console.out_document(document_of(report, "json", code, context));
  } else if (context.settings.format == "text" || args.has("output")) {
    if (!is_silent) print_text(context.console, document_of(report, "text", code, context));
  } else {
    context.console.out_document(document_of(report, context.settings.format, code, context));
  }
  return code;
}

}  // namespace

Command diff_command() {
  return {
      {.name = "diff",
       .summary = "Say what differs between two locks, or a lock and a prefix",
       .description =
           "Each of the two is a lock, the folder of an environment, a baseline, an explicit list, "
           "a "
           "conda-lock.yml, a pixi.lock (FILE#ENVIRONMENT for one environment of it), or "
           "git:REV:PATH of such a file. Two locks are a plan: what moves, which line of yours or "
           "which constraint moved it, and what about it needs your eyes. A lock and a prefix are "
           "drift: what the prefix has otherwise than the lock, whichever of them is named "
           "first.\n\n"
           "Whether packages bring code that runs by itself is read from those in the cache. Rules "
           "have ids; envlock.yml's policy sets their severities and accepts single changes. "
           "docs/diff.md lists the rules and shows pull requests.",
       .positionals =
           {{.name = "OLD", .help = "what was", .required = true, .kind = ValueKind::file},
            {.name = "NEW", .help = "what is now", .required = true, .kind = ValueKind::file}},
       .groups = {{.title = "Options",
                   .options = {{.name = "fail-on",
                                .value = "LEVEL",
                                .help = "from which severity on a change is exit 1",
                                .more = "'any' counts notes, too: every change.",
                                .fallback = "any",
                                .kind = ValueKind::choice,
                                .choices = {"any", "warning", "error", "none"}},
                               {.name = "young",
                                .value = "AGE",
                                .help = "packages younger than this need eyes",
                                .more = "An age as of --exclude-newer, or 'none'.",
                                .fallback = "7d"},
                               {.name = "format",
                                .value = "FORMAT",
                                .help = "how the report is written",
                                .more = "'markdown' is one comment of a pull request; 'github' are "
                                        "annotations, 'gitlab' a code quality report.",
                                .fallback = "text",
                                .kind = ValueKind::choice,
                                .choices = {formats.begin(), formats.end()}},
                               {.name = "project",
                                .value = "FILE",
                                .help = "the envlock.yml whose policy counts, or git:REV:PATH",
                                .more = "In CI that of the base branch, so that a pull request "
                                        "cannot loosen it for itself.",
                                .kind = ValueKind::file},
                               {.name = "output",
                                .letter = 'o',
                                .value = "FILE",
                                .help = "write the report there; text goes to the screen",
                                .kind = ValueKind::file},
                               {.name = "report",
                                .value = "FORMAT=FILE",
                                .help = "write a report of that format there, beside any other",
                                .repeatable = true}}}},
       .examples = {{"What a branch changes",
                     "envlock diff git:origin/main:envlock.lock envlock.lock"},
                    {"A comment and annotations, failing on errors only",
                     "envlock diff old.lock envlock.lock --fail-on error --format github --report "
                     "markdown=comment.md"},
                    {"What a prefix has otherwise than its lock",
                     "envlock diff envlock.lock /opt/env"}},
       .exits = {ExitCode::findings, ExitCode::invalid_input, ExitCode::untrusted}},
      run_diff};
}

}  // namespace envlock
