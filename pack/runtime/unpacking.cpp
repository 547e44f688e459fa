#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "model/shell_word.hpp"
#include "model/spoken_digest.hpp"
#include "model/text.hpp"
#include "pack/directory_sink.hpp"
#include "pack/installed_head.hpp"
#include "pack/lost_packages.hpp"
#include "pack/relocate.hpp"
#include "pack/runtime/commands.hpp"
#include "pack/runtime/home.hpp"
#include "pack/runtime/inputs.hpp"
#include "pack/runtime/output.hpp"
#include "pack/runtime/private_group.hpp"
#include "pack/stale_scripts.hpp"
#include "pack/unpack.hpp"
#include "verify/local_changes.hpp"
#include "verify/prefix_check.hpp"

namespace envlock::runtime {
namespace {

void say_how_to_use(const std::string& prefix, const Arguments& arguments) {
  say("Use it: . " + shell_word(prefix + "/bin/activate") + "   or run its programs by their path");
  say("Verify it: " + shell_word(prefix + '/' + std::string(pack_path::program)) + " verify" +
      (arguments.key.empty() ? std::string() : " --key " + shell_word(arguments.key)));
}

/// As `envlock unpack` chooses it.
ChosenAccess choose_access(const Arguments& arguments, const std::string& prefix) {
  if (arguments.is_private) return private_access();
  if (arguments.shared) return shared_access();
  const char* const home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): no other thread
  return default_access(prefix, home == nullptr ? "" : home);
}

/// Local changes of an environment that was unpacked; of others the manifest is not here.
/// @param which  for a note
std::vector<Finding> changes_in(const std::string& prefix, const std::string& which,
                                std::size_t threads, const std::stop_token& stop) {
  const std::string environment = "the environment that " + which;
  try {
    if (const auto head = read_installed_head(prefix)) {
      const VerifyRequest request{
          .prefix = prefix, .threads = threads, .stop = stop, .is_private_group = is_private_group};
      return local_changes(verify_prefix(request, head->manifest).findings);
    }
    note(environment + " was not unpacked: what was changed in it is not known");
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {  // a damaged one is what one wants to replace
    note("what was changed in " + environment + " is not known: " + error.what());
  }
  return {};
}

/// What is lost, or goes back in time, where the pack takes an environment's place.
void tell_replaced(const PackHead& head, const std::string& prefix, bool drops_previous,
                   const Arguments& arguments, const std::stop_token& stop) {
  const std::string previous = previous_path(prefix);
  if (drops_previous)
    require_nothing_lost(changes_in(previous, "an earlier --replace kept", arguments.threads, stop),
                         previous);
  const std::vector<Finding> changes = changes_in(prefix, "is replaced", arguments.threads, stop);
  for (const std::string& line : told_replacement(changes, drops_previous)) note(line);
  for (const std::string& line : told_lost(lost_packages(prefix, head.manifest))) note(line);
}

ExitCode unpack_file(const Arguments& arguments, const std::stop_token& stop) {
  require_positionals(arguments, 2);
  const std::string prefix = prefix_argument(arguments.positionals[1]);
  UnpackRequest request{.pack = arguments.positionals[0],
                        .prefix = prefix,
                        .access = {},
                        .byte_code = arguments.byte_code,
                        .replace = arguments.replace,
                        .threads = arguments.threads};
  const ChosenAccess access = choose_access(arguments, prefix);
  if (arguments.is_private || arguments.shared || !arguments.replace)
    request.access = access.access;
  request.judge = [&](const PackHead& head, bool is_there) {
    const std::string signer = check_signature(head, arguments, arguments.positionals[0]);
    if (!signer.empty()) say("Signed by " + signer);
    for (const std::string& line : told_origin(head.facts)) note(line);
    PreflightRequest preflight_of = preflight_request(arguments, prefix);
    preflight_of.in_place = is_there;
    for (const std::string& line : preflight(head.facts.host, preflight_of)) note(line);
  };
  request.replacing = [&](const PackHead& head, bool drops_previous) {
    tell_replaced(head, prefix, drops_previous, arguments, stop);
  };
  const UnpackResult result = unpack(request, stop);
  for (const std::string& notice : result.notices) note(notice);
  if (result.was_there) {
    say(told_was_there(result, prefix));
  } else {
    say("Unpacked " + counted(result.packages, "package") + ", " + counted(result.files, "path") +
        ", into '" + prefix + "'" + (request.access ? ", " + access.reason : std::string()) +
        "; manifest " + spoken_digest(result.manifest_sha256));
  }
  if (!result.previous.empty())
    say("What was there is kept: " + shell_word(prefix + '/' + std::string(pack_path::program)) +
        " unpack --rollback " + shell_word(prefix) + " puts it back.");
  say_how_to_use(prefix, arguments);
  return ExitCode::ok;
}

ExitCode unpack_here(const Arguments& arguments, const std::stop_token& stop) {
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  const std::string signer = check_signature(head, arguments);
  if (!signer.empty()) say("Signed by " + signer);
  for (const std::string& line : told_origin(head.facts)) note(line);
  PreflightRequest request = preflight_request(arguments, prefix);
  request.in_place = true;
  for (const std::string& line : preflight(head.facts.host, request)) note(line);
  const RelocateResult result = relocate(head.manifest,
                                         {.prefix = prefix,
                                          .check_all = true,
                                          .byte_code = arguments.byte_code,
                                          .threads = arguments.threads,
                                          .is_private_group = is_private_group},
                                         stop);
  for (const std::string& notice : result.notices) note(notice);
  std::string who_enters;  // without an option the folder's mode stays what it is
  if (arguments.is_private || arguments.shared) {
    const ChosenAccess access = choose_access(arguments, prefix);
    set_access(open_folder(prefix), access.access, prefix);
    who_enters = ", " + access.reason;
  }
  say("Every file is what the manifest says; " + counted(result.rewritten, "file") +
      " made to run in '" + prefix + "'" + who_enters + "; manifest " +
      spoken_digest(sha256_of(head.manifest_text)));
  say_how_to_use(prefix, arguments);
  return ExitCode::ok;
}

}  // namespace

ExitCode run_unpack(const Arguments& arguments, const std::stop_token& stop) {
  if (arguments.rollback) {
    require_positionals(arguments, 1);
    const std::string prefix = prefix_argument(arguments.positionals[0]);
    roll_back(prefix);
    say("'" + prefix + "' is the previous environment again; --rollback once more undoes it.");
    return ExitCode::ok;
  }
  if (!arguments.positionals.empty()) return unpack_file(arguments, stop);
  return unpack_here(arguments, stop);
}

ExitCode run_relocate(const Arguments& arguments, const std::stop_token& stop) {
  require_positionals(arguments, 0);
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  const RelocateResult result = relocate(
      head.manifest,
      {.prefix = prefix, .threads = arguments.threads, .is_private_group = is_private_group}, stop);
  for (const std::string& notice : result.notices) note(notice);
  if (!result.stale_scripts.empty())
    note(told_stale_scripts(result.stale_scripts) + "; " + stale_scripts_hint(prefix));
  say(result.rewritten == 0
          ? "'" + prefix + "' is at home already: nothing was changed."
          : counted(result.rewritten, "file") + " made to run in '" + prefix + "'.");
  return ExitCode::ok;
}

}  // namespace envlock::runtime
