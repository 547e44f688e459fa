#include "cli/verify_command.hpp"

#include <algorithm>
#include <filesystem>

#include "cli/known_rules.hpp"
#include "cli/lock_input.hpp"
#include "cli/output_file.hpp"
#include "cli/project_file.hpp"
#include "cli/runtime_program.hpp"
#include "cli/verify_audit.hpp"
#include "cli/verify_input.hpp"
#include "cli/verify_output.hpp"
#include "cli/version.hpp"
#include "model/pack_facts.hpp"
#include "verify/audit.hpp"
#include "verify/prefix_check.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

/// envlock.yml only where it is named, and never out of what is judged: it could forgive itself.
std::optional<Project> read_policy(const Context& context, const std::string& prefix) {
  if (!context.settings.project) return std::nullopt;
  const std::string& file = *context.settings.project;
  if (lies_in(file, prefix))
    throw TrustError("'" + file + "' lies in the prefix that is judged",
                     "name an envlock.yml that only those can write who may accept findings");
  auto project = load_project(file, std::filesystem::current_path(), {});
  return project ? std::optional(std::move(project->project)) : std::nullopt;
}

/// What LOCK in a next step stands for.
std::string lock_meant(const VerifyInput& input) {
  if (!input.baseline) return "the lock of this environment";
  return "the lock that the baseline was made from, sha256 " + input.baseline->lock_sha256.hex();
}

/// A report in what is judged would be what the next run finds there.
void require_outside(const std::vector<ReportFile>& files, const std::string& prefix) {
  namespace fs = std::filesystem;
  for (const ReportFile& file : files) {
    const fs::path target = real_target(fs::absolute(file.path));
    if (lies_in(target.string(), prefix) || lies_in(target.parent_path().string(), prefix))
      throw UsageError("'" + file.path + "' lies in the prefix that is judged",
                       "write the report elsewhere: the next run would find it as a file that no "
                       "package brought");
  }
}

/// The key of --key, where it was asked to vouch for the manifest that the prefix's pack brought.
std::string key_of_pack(const ParsedArgs& args, const std::string& prefix) {
  if (!args.has("key") || !args.has("baseline")) return {};
  std::error_code error;
  const bool is_own = std::filesystem::equivalent(
      args.value("baseline"), prefix + '/' + std::string(pack_path::manifest), error);
  return is_own ? args.value("key") : std::string();
}

VerifyReport make_report(const ParsedArgs& args, Context& context, FailOn threshold) {
  const std::string prefix = args.positional(0);
  VerifyReport report;
  const VerifyInput input = read_verify_input(args, context, prefix);
  if (!input.notice.empty()) context.console.note(input.notice);
  const std::optional<Project> project = read_policy(context, prefix);
  const VerifyPolicy policy = project ? project->verify : VerifyPolicy{};
  VerifyRequest request{.prefix = prefix,
                        .against = input.kind,
                        .lock = input.lock,
                        .is_from_outside = input.no_proof.empty(),
                        .key = key_of_pack(args, prefix),
                        .threads = context.settings.threads,
                        .stop = context.stop,
                        .hash_all_evidence = !policy.accepted.empty(),
                        .packed_program = sha256_of(runtime_program(Platform::host()))};
  if (project) request.allowed_scripts = project->link_scripts;
  report.result =
      input.baseline ? verify_prefix(request, *input.baseline) : verify_prefix_by_itself(request);
  if (args.has("audit")) {
    add_audit(report.result, prefix, input.baseline.get());
  }
  report.version = program_version();
  report.prefix = prefix;
  report.place = place_of(prefix);
  report.names_counted = context.settings.verbosity > 0;
  report.against = input.against;
  report.input = input.file;
  if (input.lock.empty()) report.lock_meant = lock_meant(input);
  report.input_sha256 = input.sha256;
  report.line_of = input.line_of;
  report.signed_by = input.signed_by;
  report.no_proof = input.no_proof;
  report.rules = rules_with_audit();
  report.judged =
      apply_policy(std::move(report.result.findings), policy, context.clock.now(), known_rules());
  report.result.audit_findings = static_cast<std::uint64_t>(std::ranges::count_if(
      report.judged.findings,
      [](const Finding& finding) { return find_rule(audit_rules(), finding.rule) != nullptr; }));
  // Acceptances of 'diff' are none of this report's.
  std::erase_if(report.judged.acceptances, [&](const AcceptanceUse& use) {
    return find_rule(report.rules, rule_of_id(use.acceptance.finding)) == nullptr;
  });
  report.fail_on = threshold;
  report.failed = fails(report.judged.findings, threshold);
  if (!policy.accepted.empty()) report.now = context.clock.now();
  return report;
}

Tone tone_of(std::string_view line) {
  if (line.starts_with("error ")) return Tone::bad;
  if (line.starts_with("warning ") || line.starts_with("note ")) return Tone::warn;
  return Tone::plain;
}

/// The text report: the verdict stands out, and each finding's severity has its colour.
void print_text(Console& console, const VerifyReport& report, std::string_view text) {
  bool is_first = true;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    const Tone tone =
        is_first ? (report.judged.findings.empty() ? Tone::good : Tone::bad) : tone_of(line);
    const std::size_t coloured = is_first ? line.size() : tone == Tone::plain ? 0 : line.find(' ');
    console.out(Line().add(line.substr(0, coloured), tone).add(line.substr(coloured)));
    is_first = false;
  }
}

ExitCode run_verify(const ParsedArgs& args, Context& context) {
  const std::vector<ReportFile> files = report_files(args, context, verify_formats());
  require_outside(files, args.positional(0));
  try {
    const FailOn threshold = parse_fail_on(args.value("fail-on", "any")).value();
    const VerifyReport report = make_report(args, context, threshold);
    const ExitCode code = report.failed ? ExitCode::findings : ExitCode::ok;
    for (const ReportFile& file : files)
      write_output_file(file.path, file.path, report_document(report, file.format, code, context));
    if (context.settings.json) {
      context.console.out_document(report_document(report, "json", code, context));
      return code;
    }
    const bool is_silent = context.settings.quiet && !report.failed;
    if (context.settings.format == "text" || args.has("output")) {
      if (!is_silent) print_text(context.console, report, text_report(report));
    } else {
      context.console.out_document(report_document(report, context.settings.format, code, context));
    }
    return code;
  } catch (const Error& error) {
    write_failure(files, args.positional(0), error, context);
    throw;
  }
}

}  // namespace

Command verify_command() {
  return {
      {.name = "verify",
       .summary = "Judge an installed environment: is every file what it must be?",
       .description =
           "Every file of the prefix is held against a lock or a baseline, which lie elsewhere: "
           "content "
           "(with the prefix taken back out of relocated files), type, link, mode and owner; and "
           "what no package brought is told by what it can do. Nothing in the prefix is executed, "
           "no link in it is followed, and each file is read once.\n\n"
           "Whoever can change an environment can change its own records as well, so --self finds "
           "accidents and proves nothing.\n\n"
           "Findings have ids that stay the same from run to run. 'envlock accept' binds an "
           "exception to one of them and to the bytes that were looked at. docs/verify.md lists "
           "the rules and shows nightly use, docs/audit.md has those of --audit.",
       .positionals = {{.name = "PREFIX",
                        .help = "the folder of the environment",
                        .required = true,
                        .kind = ValueKind::directory}},
       .groups =
           {{.title = "Options",
             .options =
                 {{.name = "lock",
                   .value = "LOCK",
                   .help = "what its packages hold, which must be in a cache",
                   .kind = ValueKind::file},
                  {.name = "baseline",
                   .value = "FILE",
                   .help = "what every file must be, by 'envlock baseline'",
                   .more = "It needs neither cache nor network.",
                   .kind = ValueKind::file},
                  {.name = "self", .help = "take the prefix's own records in conda-meta; no proof"},
                  {.name = "key",
                   .value = "KEY",
                   .help = "the lock or baseline must be signed by this key",
                   .more = "A .pub file or its line of base64; the signature is FILE.minisig.",
                   .kind = ValueKind::file},
                  {.name = "digest",
                   .value = "DIGEST",
                   .help = "the lock or baseline must have this digest",
                   .more = "Its SHA-256, or the short form that 'envlock pack' prints of a pack's "
                           "manifest. So PREFIX/conda-meta/envlock.manifest can be the baseline."},
                  one_platform_option(OnlyPlatform::refused),
                  {.name = "audit",
                   .help = "look at what the host does with it, too",
                   .more = "User sites and variables that shadow it; Jupyter's configuration, "
                           "systemd units and running commands that open it to others; secrets in "
                           "it that others can read. docs/audit.md says what is looked at."},
                  {.name = "fail-on",
                   .value = "LEVEL",
                   .help = "from which severity on a finding is exit 1",
                   .more = "'any' counts notes, too. What could not be looked at fails unless "
                           "'none' is given; that nothing was checked always fails.",
                   .fallback = "any",
                   .kind = ValueKind::choice,
                   .choices = {"any", "warning", "error", "none"}},
                  {.name = "format",
                   .value = "FORMAT",
                   .help = "how the report is written",
                   .more = "'prometheus' is for node_exporter's text-file collector.",
                   .fallback = "text",
                   .kind = ValueKind::choice,
                   .choices = {"text", "json", "markdown", "sarif", "junit", "prometheus"}},
                  {.name = "project",
                   .value = "FILE",
                   .help = "an envlock.yml whose policy counts, or git:REV:PATH",
                   .more = "Only where it is named, and never out of the prefix.",
                   .kind = ValueKind::file},
                  {.name = "output",
                   .letter = 'o',
                   .value = "FILE",
                   .help = "write the report there, whole or not at all; text goes to the screen",
                   .more = "Not in PREFIX. Where no verdict can be reached, that stands in it, so "
                           "that nobody "
                           "takes an older report for this run's.",
                   .kind = ValueKind::file},
                  {.name = "report",
                   .value = "FORMAT=FILE",
                   .help = "write a report of that format there, beside any other",
                   .repeatable = true}}}},
       .examples = {{"Hold an environment against its baseline",
                     "envlock verify /opt/env --baseline /etc/envlock/env.baseline"},
                    {"Hold it against the lock whose packages are in the cache",
                     "envlock verify /opt/env --lock envlock.lock"},
                    {"An unpacked one by its own manifest, whose digest came by telephone",
                     "envlock verify /opt/env --baseline /opt/env/conda-meta/envlock.manifest "
                     "--digest 7KQ3-9M2X-4TBH-8H6D"},
                    {"The same, and who can reach or shadow it on this host",
                     "envlock verify /opt/env --baseline env.baseline --audit"},
                    {"Nightly, silent when all is well, for Prometheus",
                     "envlock verify /opt/env --baseline env.baseline --quiet --format prometheus "
                     "-o /var/lib/prometheus/node-exporter/envlock.prom"},
                    {"Two reports of one run",
                     "envlock verify /opt/env --baseline env.baseline --report sarif=verify.sarif "
                     "--report markdown=verify.md"},
                    {"An environment that another tool made, for accidents only",
                     "envlock verify ~/miniforge3/envs/lab --self"}},
       .exits = {ExitCode::findings, ExitCode::invalid_input, ExitCode::untrusted,
                 ExitCode::unfit}},
      run_verify};
}

}  // namespace envlock
