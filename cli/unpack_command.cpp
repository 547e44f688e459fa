#include "cli/unpack_command.hpp"

#include <filesystem>
#include <optional>

#include "cli/host_input.hpp"
#include "cli/json_output.hpp"
#include "cli/prefix_argument.hpp"
#include "cli/project_file.hpp"
#include "cli/public_key.hpp"
#include "cli/runtime_program.hpp"
#include "model/pack_facts.hpp"
#include "model/shell_word.hpp"
#include "model/spoken_digest.hpp"
#include "model/text.hpp"
#include "pack/lost_packages.hpp"
#include "pack/preflight.hpp"
#include "pack/unpack.hpp"
#include "verify/local_changes.hpp"
#include "verify/manifest_signer.hpp"
#include "verify/prefix_check.hpp"

namespace envlock {
namespace {

std::vector<MisfitClass> forced_classes(const ParsedArgs& args) {
  std::vector<MisfitClass> classes;
  for (const std::string& name : args.values("force"))
    classes.push_back(parse_misfit_class(name).value());  // one of the option's choices
  return classes;
}

/// @return who signed; empty where no key was given, which is told where there is a signature
std::string check_signature(const PackHead& head, const ParsedArgs& args, Context& context) {
  if (!args.has("key")) {
    const std::string line = told_unchecked_signature(head.signature, args.positional(0));
    if (!line.empty()) context.console.note(line);
    return {};
  }
  return manifest_signer(read_public_key(args.value("key")), head.signature, head.manifest_text);
}

PreflightRequest preflight_request(const ParsedArgs& args, const std::string& prefix,
                                   Context& context) {
  PreflightRequest request{.prefix = prefix, .forced = forced_classes(args)};
  if (args.has("host")) {
    const std::filesystem::path cwd = std::filesystem::current_path();
    request.host = load_host(args.value("host"),
                             load_project(context.settings.project.value_or(""), cwd, cwd), cwd);
  }
  for (const char* const name : {"CONDA_OVERRIDE_GLIBC", "CONDA_OVERRIDE_CUDA"}) {
    if (const auto value = context.environment(name)) request.overrides.emplace_back(name, *value);
  }
  return request;
}

/// What is lost, or goes back in time, where the pack takes an environment's place.
struct Replaced {
  std::vector<Finding> changes;
  LostPackages packages;
};

/// @param which  for a warning
std::vector<Finding> changes_in(const std::string& prefix, const std::string& which,
                                Context& context) {
  const VerifyRequest request{.prefix = prefix,
                              .threads = context.settings.threads,
                              .stop = context.stop,
                              .packed_program = sha256_of(runtime_program(Platform::host()))};
  try {
    return local_changes(verify_prefix_by_itself(request).findings);
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {  // a damaged one is what one wants to replace
    context.console.warning("what was changed in the environment that " + which +
                            " is not known: " + std::string(error.what()));
  }
  return {};
}

Replaced look_at_replaced(const PackHead& head, const std::string& prefix, bool drops_previous,
                          Context& context) {
  const std::string previous = previous_path(prefix);
  if (drops_previous)
    require_nothing_lost(changes_in(previous, "an earlier --replace kept", context), previous);
  Replaced replaced{.changes = changes_in(prefix, "is replaced", context),
                    .packages = lost_packages(prefix, head.manifest)};
  const std::vector<std::string> lines = told_replacement(replaced.changes, drops_previous);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // Somebody's work moves away: that is no detail for --quiet to hide.
    if (i == 0 && !replaced.changes.empty()) {
      context.console.warning(lines[i]);
    } else {
      context.console.note(lines[i]);
    }
  }
  for (const std::string& line : told_lost(replaced.packages)) context.console.note(line);
  return replaced;
}

void write_changes(JsonWriter& json, std::string_view key, const std::vector<Finding>& changes) {
  json.key(key).begin_array();
  for (const Finding& change : changes) {
    json.begin_object().member("rule", change.rule).member("path", change.path);
    json.member("package", change.package).member("message", change.message).end_object();
  }
  json.end_array();
}

void write_replaced(JsonWriter& json, const Replaced& replaced) {
  write_changes(json, "local_changes", replaced.changes);
  json.key("older").begin_array();
  for (const OlderPackage& package : replaced.packages.older) {
    json.begin_object().member("name", package.name).member("before", package.before);
    json.member("after", package.after).end_object();
  }
  json.end_array().key("gone").begin_array();
  for (const std::string& package : replaced.packages.gone) json.value(package);
  json.end_array();
}

ExitCode run_rollback(const ParsedArgs& args, Context& context) {
  for (const std::string_view other : {"replace", "host", "force", "key"}) {
    if (args.has(other))
      throw UsageError("'--rollback' and '--" + std::string(other) + "' contradict each other");
  }
  if (!args.positionals().empty())
    throw UsageError("'--rollback' takes no pack", "it puts the previous environment back");
  const std::string prefix = require_prefix(args);
  roll_back(prefix);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("prefix", prefix).member("previous", previous_path(prefix));
    });
  }
  context.console.out("'" + prefix +
                      "' is the previous environment again; --rollback once more undoes it.");
  return ExitCode::ok;
}

ExitCode run_unpack(const ParsedArgs& args, Context& context) {
  if (args.has("rollback")) return run_rollback(args, context);
  if (args.positionals().empty())
    throw UsageError("no pack is given", "for example: envlock unpack env.tar.zst --prefix ./env");
  const std::string prefix = require_prefix(args);
  const ChosenAccess access = choose_access(args, prefix, context.environment);
  PreflightRequest preflight_of = preflight_request(args, prefix, context);
  std::string signer;
  std::vector<std::string> origin;
  UnpackRequest request{.pack = args.positional(0),
                        .prefix = prefix,
                        .access = {},
                        .byte_code = !args.has("no-byte-code"),
                        .replace = args.has("replace"),
                        .threads = context.settings.threads};
  const bool stated = args.has("private") || args.has("shared") || args.has("group");
  if (stated || !request.replace) request.access = access.access;
  request.judge = [&](const PackHead& head, bool is_there) {
    signer = check_signature(head, args, context);
    origin = told_origin(head.facts);
    for (const std::string& line : origin) context.console.note(line);
    preflight_of.in_place = is_there;
    for (const std::string& line : preflight(head.facts.host, preflight_of))
      context.console.note(line);
  };
  Replaced replaced;
  request.replacing = [&](const PackHead& head, bool drops_previous) {
    replaced = look_at_replaced(head, prefix, drops_previous, context);
  };
  const UnpackResult result = unpack(request, context.stop);
  for (const std::string& notice : result.notices) context.console.note(notice);
  if (context.settings.json) {
    return print_json_result(context, ExitCode::ok, [&](JsonWriter& json) {
      json.member("prefix", prefix).member("was_there", result.was_there);
      json.member("packages", static_cast<std::uint64_t>(result.packages));
      json.member("files", static_cast<std::uint64_t>(result.files));
      json.member("manifest_sha256", result.manifest_sha256.hex());
      json.member("spoken_digest", spoken_digest(result.manifest_sha256));
      if (!signer.empty()) json.member("signed_by", signer);
      json.key("origin").begin_array();
      for (const std::string& line : origin) json.value(line);
      json.end_array();
      if (!result.previous.empty()) {
        json.member("previous", result.previous);
        write_replaced(json, replaced);
      }
      if (request.access && !result.was_there) json.member("access", access.reason);
    });
  }
  Console& console = context.console;
  if (!signer.empty()) console.out("Signed by " + signer);
  if (result.was_there) {
    console.out(told_was_there(result, prefix));
    if (stated) console.note("who may enter '" + prefix + "' stays as it was: nothing was done");
  } else {
    console.out("Unpacked " + counted(result.packages, "package") + ", " +
                counted(result.files, "path") + ", into '" + prefix + "'" +
                (request.access ? ", " + access.reason : std::string()) + "; manifest " +
                spoken_digest(result.manifest_sha256));
  }
  if (!result.previous.empty())
    console.out("What was there is kept: envlock unpack --rollback -p " + shell_word(prefix));
  console.out("Use it: envlock run -p " + shell_word(prefix) + " -- COMMAND   or . " +
              shell_word(prefix + "/bin/activate"));
  const std::string manifest = prefix + '/' + std::string(pack_path::manifest);
  console.out("Verify it: envlock verify " + shell_word(prefix) + " --baseline " +
              shell_word(manifest) +
              (args.has("key") ? " --key " + shell_word(args.value("key"))
                               : " --digest " + spoken_digest(result.manifest_sha256)));
  return ExitCode::ok;
}

}  // namespace

Command unpack_command() {
  return {
      {.name = "unpack",
       .summary = "Bring a pack into a folder, checked and relocated",
       .description =
           "Before a byte is written the pack's manifest is read, its signature checked where "
           "--key is given, and this machine held against what the environment needs: everything "
           "that does not fit is told at once. Then every file is checked against the manifest "
           "and relocated while it is written, beside the prefix, which appears by one rename "
           "when all is there. Where the same pack was brought to the prefix before, nothing is "
           "done.\n\n"
           "With --replace what was changed in the environment that is there, or added to it, is "
           "listed, as are packages that become older or are not in the pack; it is kept, and "
           "--rollback puts it back. A "
           "pack extracted by a plain 'tar -x' is completed by its own bin/envlock-env unpack, "
           "which does on a host without envlock what this command does.",
       .positionals = {{.name = "FILE",
                        .help = "the pack (.tar.zst, .tar.gz, .tar, .sh); '-' is standard input",
                        .kind = ValueKind::file}},
       .groups =
           {{.title = "Options",
             .options = {prefix_option("the environment's folder: absent or empty"),
                         {.name = "replace",
                          .help = "take the place of the environment in the prefix, and keep it"},
                         {.name = "rollback",
                          .help = "put back the environment that --replace replaced"},
                         {.name = "host",
                          .value = "NAME|FILE",
                          .help = "hold it against this machine's description instead of this one",
                          .more = "A login node has no GPU: 'envlock host' on a node that has one "
                                  "writes such a file. NAME is one of envlock.yml's hosts.",
                          .kind = ValueKind::file},
                         {.name = "force",
                          .value = "CLASS",
                          .help = "go on though it does not fit in this way",
                          .repeatable = true,
                          .kind = ValueKind::choice,
                          .choices = {misfit_class_names().begin(), misfit_class_names().end()}},
                         {.name = "key",
                          .value = "KEY",
                          .help = "the manifest must be signed by this key",
                          .more = "A .pub file or its line of base64.",
                          .kind = ValueKind::file},
                         {.name = "private", .help = "only you may enter the prefix (0700)"},
                         {.name = "shared", .help = "everybody may enter and read it (0755)"},
                         {.name = "group",
                          .value = "GROUP",
                          .help = "the group may enter and read it (0750)"},
                         {.name = "no-byte-code", .help = "do not compile python's byte code"}}}},
       .examples = {{"Into a new folder", "envlock unpack env.tar.zst --prefix /opt/env"},
                    {"Renew what is there, and go back if need be",
                     "envlock unpack env-2.tar.zst --prefix /opt/env --replace"}},
       .exits = {ExitCode::invalid_input, ExitCode::untrusted, ExitCode::unfit}},
      run_unpack};
}

}  // namespace envlock
