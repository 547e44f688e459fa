#include "cli/baseline_command.hpp"

#include "cli/baseline_file.hpp"
#include "cli/json_output.hpp"
#include "cli/lock_input.hpp"
#include "cli/stale_lock.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

ExitCode run_baseline(const ParsedArgs& args, Context& context) {
  const std::string output = args.value("output");
  if (output.empty())
    throw UsageError("no file is given for the baseline", "say where: -o baseline.json");
  const EnvironmentLock environment = load_environment_lock(args, context);
  warn_of_stale_lock(environment.lock, environment.path, context);
  const TreePlan plan = plan_environment(environment, context, PypiGaps::left_out);
  std::vector<std::string> notices;
  const ByteCodeWish byte_code{.wanted = args.has("byte-code"), .tree = {}};
  const Baseline baseline = baseline_of_environment(environment, plan, byte_code, context, notices);
  for (const std::string& notice : notices) context.console.detail(notice);
  const std::string sha256 = write_baseline_file(baseline, output, context.console).hex();
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("file", output).member("sha256", sha256);
      json.member("platform", environment.platform.subdir());
      json.member("packages", static_cast<std::uint64_t>(baseline.packages.size()));
      json.member("files", static_cast<std::uint64_t>(baseline.files.size()));
    });
  }
  context.console.out("Wrote " + output + ": " + counted(baseline.files.size(), "file") + " of " +
                      counted(baseline.packages.size(), "package") + " for " +
                      environment.platform.subdir());
  context.console.out("sha256 " + sha256);
  context.console.out("Keep it where nobody who can change the environment can change it.");
  return ExitCode::ok;
}

}  // namespace

Command baseline_command() {
  return {
      {.name = "baseline",
       .summary = "Write down what every file of an environment must be",
       .description =
           "Reads every package of a lock and writes each path with its type, mode, size and "
           "SHA-256 to one file, against which 'envlock verify --baseline' judges an installed "
           "prefix, wherever it lies, without cache or network. The same lock gives the same "
           "bytes.\n\n"
           "Byte code is in no package: 'install' has the environment's python make it, which "
           "gives the same bytes for the same lock. With --byte-code the environment is installed "
           "in a folder of its own, its byte code written down, and the folder removed; so that "
           "verify can prove byte code, too. No installed environment is believed for it.\n\n"
           "A signature (FILE.minisig) of what FILE was before is removed: sign the new one.",
       .positionals = {lock_argument()},
       .groups = {{.title = "Options",
                   .options = {{.name = "output",
                                .letter = 'o',
                                .value = "FILE",
                                .help = "the baseline",
                                .kind = ValueKind::file},
                               {.name = "byte-code",
                                .help = "the byte code that 'install' makes, too",
                                .more = "Runs the environment's python, in TMPDIR (/tmp), which "
                                        "must have room for the environment."},
                               one_platform_option(OnlyPlatform::refused)}},
                  credential_options()},
       .examples = {{"For the nightly check of a server",
                     "envlock baseline --byte-code -o gpu.baseline"},
                    {"Of another platform, from another folder",
                     "envlock baseline env/envlock.lock --platform linux-aarch64 -o arm.baseline"}},
       .exits = {ExitCode::invalid_input, ExitCode::network, ExitCode::untrusted, ExitCode::unfit}},
      run_baseline};
}

}  // namespace envlock
