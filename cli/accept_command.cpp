#include "cli/accept_command.hpp"

#include <filesystem>

#include "cli/accept_edit.hpp"
#include "cli/json_output.hpp"
#include "cli/output_file.hpp"
#include "fetch/atomic_file.hpp"
#include "model/shell_word.hpp"
#include "model/strict_json.hpp"
#include "model/text.hpp"
#include "verify/finding.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_report_bytes = std::size_t{256} << 20U;
constexpr std::size_t max_project_bytes = std::size_t{1} << 20U;
constexpr std::size_t max_reason_bytes = 1000;

struct Accepted {
  Sha256 sha256;
  std::string what;    ///< The finding's place and message; empty where no report was read.
  std::string prefix;  ///< What `verify` judged, as it was named; empty: not known.
};

/// The digest that a report of 'envlock verify --json' or 'diff --json' gives for a finding.
Accepted find_in_report(const std::string& file, const std::string& id) {
  const std::string text = read_file(file, max_report_bytes);
  JsonLimits limits;
  limits.max_bytes = max_report_bytes;
  const JsonDocument document(text, file, limits);
  std::optional<Accepted> found;
  std::string prefix;
  bool has_finding = false;
  document.root().for_each_member([&](std::string_view key, const JsonNode& result) {
    if (key != "result") return;
    result.for_each_member([&](std::string_view member, const JsonNode& findings) {
      if (member == "prefix") prefix = findings.text();
      if (member != "findings" && member != "changes") return;  // of verify, and of diff
      findings.for_each_item([&](const JsonNode& finding) {
        std::string its_id;
        std::string path;
        std::string message;
        std::optional<Sha256> sha256;
        finding.for_each_member([&](std::string_view name, const JsonNode& value) {
          if (name == "id") its_id = value.text();
          if (name == "path") path = value.text();  // changes have none: their message tells all
          if (name == "message") message = value.text();
          if (name == "sha256" && value.kind() != JsonNode::Kind::null) sha256 = value.sha256();
        });
        if (its_id != id) return;
        has_finding = true;
        if (sha256) found = Accepted{*sha256, path.empty() ? message : path + ": " + message, {}};
      });
    });
  });
  if (!has_finding)
    throw InputError(
        {file, 0, 0}, "there is no finding '" + id + "' in it",
        "give a report that 'envlock verify --json' or 'diff --json' has written, and an "
        "id from it");
  if (!found)
    throw InputError({file, 0, 0},
                     "it gives no sha256 of '" + id + "', which is too large to be read",
                     "give --sha256, as 'sha256sum' prints it of the file that you looked at");
  found->prefix = std::move(prefix);
  return *found;
}

/// The environment that a file lies in; empty: none.
std::filesystem::path environment_of(const std::string& file) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path at = fs::weakly_canonical(file, error);
  if (error) return {};  // to write it says why
  while (at.has_relative_path()) {
    at = at.parent_path();
    if (fs::is_directory(at / "conda-meta", error)) return at;
  }
  return {};
}

/// `verify` goes by no envlock.yml of what it judges, and would find the file as an extra one.
/// @param judged  the prefix of the report; empty: not known
void require_outside_environment(const std::string& project, const std::string& judged) {
  namespace fs = std::filesystem;
  const fs::path environment = environment_of(project);
  if (environment.empty()) return;
  std::error_code error;
  const fs::path other = judged.empty() ? fs::path() : fs::canonical(judged, error);
  if (!error && !other.empty() && other != environment) return;
  throw UsageError("'" + project + "' lies in the environment '" + environment.string() +
                       "', and 'envlock verify' goes by no envlock.yml of what it judges",
                   "name one that only those can write who may accept findings: --project FILE");
}

Acceptance read_acceptance(const ParsedArgs& args, const Context& context, std::string& what,
                           std::string& judged) {
  Acceptance acceptance;
  acceptance.finding = args.positional(0);
  if (!is_finding_id(acceptance.finding))
    throw UsageError("'" + acceptance.finding + "' is no id of a finding",
                     "copy it from the report of 'envlock verify': EL231-0123456789ab");
  acceptance.reason = std::string(trim(args.value("reason")));
  if (acceptance.reason.empty() || acceptance.reason.size() > max_reason_bytes ||
      printable(acceptance.reason) != acceptance.reason)
    throw UsageError("'envlock accept' needs a reason: one line of text, up to 1000 bytes",
                     "add --reason 'why this may stay, and who says so'");
  acceptance.until = args.value("until");
  const auto end = parse_instant(acceptance.until);
  if (!end)
    throw UsageError("'envlock accept' needs a date on which it ends",
                     "add --until 2027-01-31, for example");
  if (end->ms <= context.clock.now().ms)
    throw UsageError("'--until " + acceptance.until + "' is over already",
                     "it is now " + context.clock.to_string());
  acceptance.end = *end;
  if (args.has("report") == args.has("sha256"))
    throw UsageError(
        "'envlock accept' binds to the bytes that were looked at, so it needs one of "
        "'--report' and '--sha256'",
        "write a report with 'envlock verify PREFIX ... --json -o report.json' and "
        "add --report report.json");
  if (args.has("report")) {
    Accepted accepted = find_in_report(args.value("report"), acceptance.finding);
    acceptance.sha256 = accepted.sha256;
    what = std::move(accepted.what);
    judged = std::move(accepted.prefix);
  } else {
    const auto sha256 = Sha256::parse(args.value("sha256"));
    if (!sha256) throw UsageError("'--sha256' takes 64 lower-case hex digits");
    acceptance.sha256 = *sha256;
  }
  return acceptance;
}

ExitCode run_accept(const ParsedArgs& args, Context& context) {
  std::string what;
  std::string judged;
  const Acceptance acceptance = read_acceptance(args, context, what, judged);
  std::string project = context.settings.project.value_or("envlock.yml");
  if (project.starts_with("git:"))
    throw UsageError("'envlock accept' writes to a file, not to '" + project + "'",
                     "name the envlock.yml of your working tree");
  std::error_code error;
  if (std::filesystem::is_directory(project, error))
    project = (std::filesystem::path(project) / "envlock.yml").string();
  require_outside_environment(project, judged);
  const bool is_new = !std::filesystem::exists(std::filesystem::symlink_status(project, error));
  const WithAcceptance edited = with_acceptance(
      is_new ? std::string() : read_file(project, max_project_bytes), acceptance, project);
  try {
    write_output_file(project, project, edited.text);
  } catch (const IoError& failure) {
    throw IoError(failure.what(), "'" + project +
                                      "' cannot be written; who may write it adds these lines:\n"
                                      "policy:\n  accept:\n" +
                                      acceptance_lines(acceptance, 4));
  }
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("finding", acceptance.finding).member("sha256", acceptance.sha256.hex());
      json.member("reason", acceptance.reason).member("until", acceptance.until);
      json.member("project", project).member("created", is_new).member("what", what);
      if (edited.replaced) json.member("replaced_sha256", edited.replaced->sha256.hex());
    });
  }
  context.console.out("accepted " + acceptance.finding + " until " + acceptance.until + " in " +
                      project);
  if (!what.empty()) context.console.out("  " + what);
  context.console.out("  bound to sha256 " + acceptance.sha256.hex());
  if (edited.replaced)
    context.console.out(edited.replaced->sha256 == acceptance.sha256
                            ? "  in the place of an older entry for the same bytes, until " +
                                  printable(edited.replaced->until)
                            : "  in the place of an older entry, for other bytes (sha256 " +
                                  edited.replaced->sha256.hex() + ")");
  if (is_new)
    context.console.note("'" + project + "' is new", "envlock verify PREFIX ... --project " +
                                                         shell_word(project) + " goes by it");
  return ExitCode::ok;
}

}  // namespace

Command accept_command() {
  return {
      {.name = "accept",
       .summary = "Accept a finding of verify or diff for a while",
       .description =
           "Writes an entry to 'policy: accept:' of envlock.yml: 'envlock verify --project' or "
           "'envlock diff' then leaves this finding out, as long as what it is about has the same "
           "bytes and the date "
           "is not over. After that, or with other bytes, it is a finding again, and the report "
           "says why.\n\n"
           "An entry for the same finding is replaced: it was for other bytes, or another time. "
           "Where there is no envlock.yml it is made; other lines of one stay as they are.",
       .positionals = {{.name = "FINDING",
                        .help = "its id, from the report of verify or diff",
                        .required = true}},
       .groups = {{.title = "Options",
                   .options = {{.name = "reason",
                                .value = "TEXT",
                                .help = "why, for those who read the report (must be given)"},
                               {.name = "until",
                                .value = "DATE",
                                .help = "the last day on which it holds (must be given)"},
                               {.name = "report",
                                .value = "FILE",
                                .help =
                                    "a JSON report of verify or diff, which has the bytes' sha256",
                                .kind = ValueKind::file},
                               {.name = "sha256",
                                .value = "HEX",
                                .help = "the sha256 itself, as the report gives it"},
                               {.name = "project",
                                .value = "FILE",
                                .help = "the envlock.yml to write to, or its folder",
                                .fallback = "envlock.yml",
                                .kind = ValueKind::file}}}},
       .examples = {{"Let a licence daemon stay for half a year",
                     "envlock accept EL231-0123456789ab --report report.json --until 2027-06-30 "
                     "--reason 'licence daemon of the vendor, ticket 4711'"},
                    {"Of a file that you hashed yourself",
                     "envlock accept EL203-0123456789ab --sha256 "
                     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 "
                     "--until 2027-06-30 --reason 'tuned by the lab, see the wiki'"}},
       .exits = {ExitCode::invalid_input}},
      run_accept};
}

}  // namespace envlock
