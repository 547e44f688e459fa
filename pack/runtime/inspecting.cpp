#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "model/json_writer.hpp"
#include "model/spoken_digest.hpp"
#include "pack/preflight.hpp"
#include "pack/runtime/commands.hpp"
#include "pack/runtime/home.hpp"
#include "pack/runtime/inputs.hpp"
#include "pack/runtime/output.hpp"
#include "pack/runtime/private_group.hpp"
#include "verify/prefix_check.hpp"
#include "verify/report/report.hpp"

namespace envlock::runtime {
namespace {

void write_misfits(JsonWriter& json, std::string_view key, const std::vector<Misfit>& misfits) {
  json.key(key).begin_array();
  for (const Misfit& one : misfits) {
    json.begin_object().member("class", to_string(one.misfit_class)).member("needed", one.needed);
    json.member("found", one.found).member("message", one.message);
    json.member("next_step", one.next_step).end_object();
  }
  json.end_array();
}

void require_digest(const Sha256& sha256, const std::string& wanted) {
  const auto is_it = is_digest_of(wanted, sha256);
  if (!is_it) {
    throw UsageError("'" + wanted + "' of --digest is no digest",
                     "give what 'envlock pack' printed: 7KQ3-9M2X-4TBH-8H6D, or a SHA-256");
  }
  if (*is_it) return;
  throw TrustError(
      "the manifest has the digest " + spoken_digest(sha256) + ", not '" + wanted + "'",
      "this is another environment, or its manifest was changed: unpack its pack anew");
}

}  // namespace

ExitCode run_verify(const Arguments& arguments, const std::stop_token& stop) {
  require_positionals(arguments, 0);
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  VerifyReport report;
  report.version = ENVLOCK_VERSION;
  report.prefix = prefix;
  report.against = "manifest " + std::string(pack_path::manifest);
  report.input = pack_path::manifest;
  report.input_sha256 = sha256_of(head.manifest_text);
  report.signed_by = check_signature(head, arguments);
  if (!arguments.digest.empty()) {
    require_digest(*report.input_sha256, arguments.digest);
    report.against += ", which has the digest that was given";
  } else if (report.signed_by.empty()) {
    report.no_proof =
        "the manifest lies in the prefix that it judges, and neither --key nor --digest was given "
        "to check it by";
  }
  report.rules = verify_rules();
  report.result = verify_prefix({.prefix = prefix,
                                 .against = "manifest",
                                 .is_from_outside = !report.signed_by.empty(),
                                 .without_envlock = true,
                                 .key = arguments.key,
                                 .threads = arguments.threads,
                                 .stop = stop,
                                 .is_private_group = is_private_group},
                                head.manifest);
  report.failed = fails(report.result.findings, FailOn::any);
  report.judged.findings = std::move(report.result.findings);
  const ExitCode code = report.failed ? ExitCode::findings : ExitCode::ok;
  if (arguments.json) {
    say_json("verify", code, [&](JsonWriter& json) { write_json_report(json, report); });
  } else {
    std::fputs(text_report(report).c_str(), stdout);
  }
  return code;
}

ExitCode run_check_host(const Arguments& arguments) {
  require_positionals(arguments, 0);
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  PreflightRequest request = preflight_request(arguments, prefix);
  request.in_place = true;
  request.is_check = true;
  if (arguments.json) {
    const HostVerdict verdict = preflight_verdict(head.facts.host, request);
    const ExitCode code = verdict.misfits.empty() ? ExitCode::ok : ExitCode::unfit;
    say_json("check-host", code, [&](JsonWriter& json) {
      write_misfits(json, "misfits", verdict.misfits);
      write_misfits(json, "warnings", verdict.warnings);
      json.key("overrides").begin_array();
      for (const auto& [name, value] : request.overrides) json.value(name);
      json.end_array();
    });
    return code;
  }
  for (const std::string& line : preflight(head.facts.host, request)) note(line);
  say("This machine has what the environment needs.");
  return ExitCode::ok;
}

ExitCode run_info(const Arguments& arguments) {
  require_positionals(arguments, 0);
  const std::string prefix = own_prefix();
  const PackHead head = read_own_head(prefix);
  const Sha256 digest = sha256_of(head.manifest_text);
  if (arguments.json) {
    say_json("info", ExitCode::ok, [&](JsonWriter& json) {
      json.member("prefix", prefix).member("platform", head.manifest.platform.subdir());
      json.member("manifest_sha256", digest.hex()).member("spoken_digest", spoken_digest(digest));
      json.member("lock_sha256", head.manifest.lock_sha256.hex());
      json.member("signed", !head.signature.empty());
      json.member("no_proof", head.facts.no_proof);
      json.key("accepted").begin_array();
      for (const AcceptedItem& item : head.facts.accepted) {
        json.begin_object().member("path", item.path).member("finding", item.finding);
        json.member("reason", item.reason).member("sha256", item.sha256.hex()).end_object();
      }
      json.end_array();
      json.key("host");
      write_host_requirements(json, head.facts.host);
      json.key("packages").begin_array();
      for (const BaselinePackage& package : head.manifest.packages) {
        json.begin_line_object().member("name", package.name).member("version", package.version);
        json.member("build", package.build).end_object();
      }
      json.end_array();
    });
    return ExitCode::ok;
  }
  say("'" + prefix + "', for " + head.manifest.platform.subdir());
  say("manifest " + spoken_digest(digest) + "  sha256 " + digest.hex() +
      (head.signature.empty() ? "  (not signed)" : "  (signed: 'verify --key' checks by whom)"));
  for (const std::string& line : told_origin(head.facts)) say(line);
  for (const BaselinePackage& package : head.manifest.packages)
    say("  " + package.name + ' ' + package.version + ' ' + package.build);
  return ExitCode::ok;
}

ExitCode run_activate(const Arguments& arguments) {
  require_positionals(arguments, 0);
  const bool is_fish = arguments.shell == Shell::fish;
  std::string quoted;
  for (const char c : own_prefix() + '/' + std::string(activation_path(arguments.shell))) {
    if (c == '\'' || (is_fish && c == '\\')) {
      quoted += is_fish ? std::string("\\") + c : "'\\''";
    } else {
      quoted += c;
    }
  }
  std::printf("%s '%s'\n", is_fish ? "source" : ".", quoted.c_str());
  return ExitCode::ok;
}

}  // namespace envlock::runtime
