#include "cli/export_command.hpp"

#include <filesystem>

#include <string>

#include "cli/export_text.hpp"
#include "cli/json_output.hpp"
#include "cli/lock_input.hpp"
#include "cli/output_file.hpp"
#include "fetch/atomic_file.hpp"

namespace envlock {
namespace {

/// What the document leaves out is said, never dropped in silence.
void note_losses(Console& console, const Lockfile& lock, const LockPlatform& content,
                 const std::string& format) {
  for (const std::string& what : lock.incomplete) {
    console.warning("the lock is not complete: " + what);
  }
  if (format != "explicit") return;
  if (!content.pypi.empty()) {
    console.warning("an explicit list has no place for the " + std::to_string(content.pypi.size()) +
                        " PyPI packages of the lock",
                    "'--format environment' has");
  }
  if (!lock.variables.empty()) {
    console.warning("an explicit list has no place for the variables of the lock",
                    "'--format environment' has");
  }
}

ExitCode run_export(const ParsedArgs& args, Context& context) {
  if (!args.has("format")) {
    throw UsageError("'envlock export' needs a format",
                     "add '--format explicit' or '--format environment'");
  }
  const std::string format = context.settings.format;
  const Lockfile lock = load_lock(args.positional(0, "envlock.lock"));
  const Platform platform = choose_platform(lock, args);
  note_losses(context.console, lock, lock.platforms.at(platform), format);
  const std::string document =
      format == "explicit" ? explicit_list(lock, platform) : pinned_environment(lock, platform);
  const std::string output = args.value("output");
  if (!output.empty()) {
    std::error_code ignored;
    if (std::filesystem::equivalent(output, args.positional(0, "envlock.lock"), ignored)) {
      throw UsageError("'" + output + "' is the lock itself", "choose another file for -o");
    }
    write_output_file(output, output, document);
  }
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("format", format).member("platform", platform.subdir());
      if (!output.empty()) json.member("output", output);
      json.member("document", document);
    });
  }
  if (output.empty()) context.console.out_document(document);
  return ExitCode::ok;
}

}  // namespace

Command export_command() {
  return {{.name = "export",
           .summary = "Write a lock in the words of other tools",
           .description =
               "'explicit' is the list of URLs with SHA-256 that conda and micromamba install "
               "without solving. 'environment' is an environment.yml that pins every package by "
               "version and build; it holds no hashes.",
           .positionals = {lock_argument()},
           .groups = {{.title = "Options",
                       .options = {{.name = "format",
                                    .value = "FORMAT",
                                    .help = "what to write (must be given)",
                                    .kind = ValueKind::choice,
                                    .choices = {"explicit", "environment"}},
                                   one_platform_option(),
                                   {.name = "output",
                                    .letter = 'o',
                                    .value = "FILE",
                                    .help = "where to write it",
                                    .fallback = "standard output",
                                    .kind = ValueKind::file}}}},
           .examples = {{"A list for conda, which installs it without solving",
                         "envlock export --format explicit -o explicit.txt"},
                        {"An environment.yml with exact pins",
                         "envlock export --format environment --platform linux-64"}},
           .exits = {ExitCode::invalid_input, ExitCode::untrusted},
           .formats_are_documents = true},
          run_export};
}

}  // namespace envlock
