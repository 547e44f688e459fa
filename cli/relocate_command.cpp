#include "cli/relocate_command.hpp"

#include <filesystem>

#include "cli/json_output.hpp"
#include "cli/prefix_argument.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"
#include "pack/installed_head.hpp"
#include "pack/relocate.hpp"
#include "pack/stale_scripts.hpp"
#include "verify/permission_check.hpp"

namespace envlock {
namespace {

/// What a packed environment says of itself.
PackHead read_head(const std::string& prefix) {
  if (auto head = read_installed_head(prefix)) return std::move(*head);
  std::error_code error;
  if (!std::filesystem::is_directory(prefix + "/conda-meta", error)) {
    throw Error(ExitCode::unfit, "'" + prefix + "' is no environment: it has no conda-meta",
                "name the folder that the environment was moved to");
  }
  throw Error(ExitCode::unfit, "'" + prefix + "' has no manifest: it was not unpacked from a pack",
              "make it anew where it lies now: envlock install LOCK --prefix " +
                  shell_word(prefix) + " --repair");
}

ExitCode run_relocate(const ParsedArgs& args, Context& context) {
  const std::string prefix = resolved_prefix(args.positional(0));
  const PackHead head = read_head(prefix);
  const RelocateResult result = relocate(
      head.manifest,
      {.prefix = prefix, .threads = context.settings.threads, .is_private_group = is_private_group},
      context.stop);
  for (const std::string& notice : result.notices) context.console.note(notice);
  if (!result.stale_scripts.empty())
    context.console.warning(told_stale_scripts(result.stale_scripts), stale_scripts_hint(prefix));
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("prefix", prefix).member("old_prefix", result.old_prefix);
      json.member("rewritten", static_cast<std::uint64_t>(result.rewritten));
      json.key("stale_scripts").begin_array();
      for (const std::string& path : result.stale_scripts) json.value(path);
      json.end_array();
    });
  }
  context.console.out(result.rewritten == 0
                          ? "'" + prefix + "' is at home already: nothing was changed."
                          : counted(result.rewritten, "file") + " made to run in '" + prefix +
                                "'.");
  return ExitCode::ok;
}

}  // namespace

Command relocate_command() {
  return {
      {.name = "relocate",
       .summary = "Make an unpacked environment run where it was moved to",
       .description =
           "Every file that names its old folder is turned back into the packaged one, checked "
           "against the manifest, and written anew for the folder where it lies now; nothing is "
           "written before all are checked. It can be moved as often as wanted. Without envlock "
           "the environment's own bin/envlock-env does the same.\n\n"
           "Programs that no package brought and that start the python of the old folder, as pip "
           "writes them, are named and left as they are.",
       .positionals = {{.name = "DIR",
                        .help = "where the environment lies now",
                        .required = true,
                        .kind = ValueKind::directory}},
       .examples = {{"After it was moved", "envlock relocate /srv/env"},
                    {"With what was changed, for a program", "envlock relocate /srv/env --json"}},
       .exits = {ExitCode::untrusted, ExitCode::unfit}},
      run_relocate};
}

}  // namespace envlock
