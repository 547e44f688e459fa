#include "cli/trust_check.hpp"

#include <filesystem>
#include <functional>

#include "cli/json_output.hpp"
#include "cli/trust_judge.hpp"
#include "fetch/atomic_file.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_repodata_bytes = std::size_t{2} << 30U;

using Judging = std::function<void(std::string_view text)>;

/// Too long a file is a verdict, one that cannot be read is not.
void with_file(TrustJudge& judge, const std::string& file, std::size_t max_bytes,
               const Judging& judging) {
  std::string text;
  try {
    text = read_file(file, max_bytes);
  } catch (const TrustError& error) {
    return judge.refuse(file, error.what());
  }
  judging(text);
}

/// The name of the folder that holds a file: the subdir of a channel's repodata.
std::string folder_of(const std::string& file) {
  return std::filesystem::absolute(file).lexically_normal().parent_path().filename().string();
}

void write_json(JsonWriter& json, const TrustJudge& judge, Instant now) {
  json.member("now", now.to_string());
  json.key("verdicts").begin_array();
  for (const TrustVerdict& verdict : judge.verdicts()) {
    json.begin_object().member("file", verdict.file);
    json.key("package");
    if (verdict.package.empty()) {
      json.null();
    } else {
      json.value(verdict.package);
    }
    json.member("verdict", verdict.accepted ? "accepted" : "refused");
    json.member("reason", verdict.reason).end_object();
  }
  json.end_array();
}

void print_text(Console& console, const TrustJudge& judge) {
  for (const TrustVerdict& verdict : judge.verdicts()) {
    Line line;
    line.add(verdict.accepted ? "accepted" : "refused ", verdict.accepted ? Tone::good : Tone::bad);
    line.add("  " + verdict.file + ": ");
    if (!verdict.package.empty()) line.add(verdict.package + ": ");
    console.out(line.add(verdict.reason));
  }
}

}  // namespace

OptionGroup trust_check_options() {
  return {.title = "Options of check",
          .options = {{.name = "root",
                       .value = "FILE",
                       .help = "the root that you trust (N.root.json)",
                       .kind = ValueKind::file},
                      {.name = "next",
                       .value = "FILE",
                       .help = "the root after it",
                       .more = "Each must be exactly the next version.",
                       .repeatable = true,
                       .kind = ValueKind::file},
                      {.name = "key-mgr",
                       .value = "FILE",
                       .help = "a key manager (key_mgr.json)",
                       .more = "Oldest first: a lower version than one seen before is a rollback.",
                       .repeatable = true,
                       .kind = ValueKind::file},
                      {.name = "repodata",
                       .value = "FILE",
                       .help = "a repodata.json with signed records",
                       .kind = ValueKind::file},
                      {.name = "package",
                       .value = "FN",
                       .help = "a record of it, by file name",
                       .fallback = "all",
                       .repeatable = true}}};
}

ExitCode trust_check(const ParsedArgs& args, Context& context) {
  if (!args.has("root")) {
    throw UsageError("'trust check' needs a root of trust", "give one with '--root FILE'");
  }
  if (args.has("package") && !args.has("repodata")) {
    throw UsageError("'--package' needs '--repodata'", "it names a record of that file");
  }
  TrustJudge judge(context.clock.now());
  // One byte more than is allowed, so that the refusal names the limit of trust metadata.
  constexpr std::size_t max_bytes = max_trust_metadata_bytes + 1;
  const std::string root = args.value("root");
  with_file(judge, root, max_bytes, [&](std::string_view text) { judge.root(text, root); });
  for (const std::string& file : args.values("next")) {
    with_file(judge, file, max_bytes, [&](std::string_view text) { judge.next_root(text, file); });
  }
  for (const std::string& file : args.values("key-mgr")) {
    with_file(judge, file, max_bytes,
              [&](std::string_view text) { judge.key_manager(text, file); });
  }
  if (args.has("repodata")) {
    const std::string file = args.value("repodata");
    with_file(judge, file, max_repodata_bytes, [&](std::string_view text) {
      const std::size_t without_record =
          judge.repodata(text, file, folder_of(file), args.values("package"));
      if (without_record == 0) return;
      context.console.note(file + " has " + std::to_string(without_record) +
                           (without_record == 1 ? " signature" : " signatures") +
                           " without a record");
    });
  }
  judge.finish();

  const ExitCode code = judge.all_accepted() ? ExitCode::ok : ExitCode::untrusted;
  if (context.settings.json) {
    return print_json_result(
        context, code, [&](JsonWriter& json) { write_json(json, judge, context.clock.now()); });
  }
  print_text(context.console, judge);
  context.console.detail("judged at " + context.clock.to_string());
  return code;
}

}  // namespace envlock
