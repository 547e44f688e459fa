#include "verify/diff/report.hpp"

namespace envlock {
namespace {

void write_digest(JsonWriter& json, std::string_view key, const std::optional<Sha256>& sha256) {
  json.key(key);
  if (sha256) {
    json.value(sha256->hex());
  } else {
    json.null();
  }
}

void write_package(JsonWriter& json, std::string_view key, const DiffPackage* package) {
  json.key(key);
  if (package == nullptr) {
    json.null();
    return;
  }
  const PackageRecord& record = *package->record;
  json.begin_object().member("version", record.version).member("build", record.build);
  json.member("channel", package->channel).member("subdir", record.subdir);
  json.member("manager", package->pypi ? "pypi" : "conda").member("url", record.url);
  write_digest(json, "sha256", record.sha256);
  json.key("size");
  if (record.size) {
    json.value(*record.size);
  } else {
    json.null();
  }
  json.member("license", record.license).member("requested", package->requested).end_object();
}

void write_change(JsonWriter& json, const Change& change) {
  const Finding& finding = change.finding;
  json.begin_object().member("id", finding.id).member("rule", finding.rule);
  json.member("severity", to_string(finding.severity)).member("environment", change.environment);
  json.member("platform", change.platform).member("name", change.name);
  json.member("kind", to_string(change.kind));
  write_package(json, "before", change.before);
  write_package(json, "after", change.after);
  json.member("was", finding.expected).member("is", finding.found);
  json.member("message", finding.message).member("advice", finding.advice);
  json.key("why").begin_array();
  for (const std::string& why : change.why) json.value(why);
  json.end_array().member("cause", change.cause);
  write_digest(json, "sha256", finding.sha256);
  json.member("file", change.file).member("line", static_cast<std::uint64_t>(change.line));
  json.end_object();
}

void write_input(JsonWriter& json, std::string_view key, const DiffInput& input) {
  json.key(key).begin_object().member("name", input.shown).member("kind", to_string(input.kind));
  write_digest(json, "sha256", input.sha256);
  json.end_object();
}

}  // namespace

void write_diff_json(JsonWriter& json, const DiffReport& report) {
  json.member("headline", headline(report)).member("is_drift", report.result.drift);
  write_input(json, "old", *report.before);
  write_input(json, "new", *report.after);
  json.key("causes").begin_array();
  for (const DiffCause& cause : report.result.causes) {
    json.begin_line_object().member("text", cause.text).member("packages", cause.packages);
    json.end_object();
  }
  json.end_array().key("totals").begin_object();
  for (const auto& [platform, totals] : report.result.totals) {
    json.key(platform).begin_object().member("before", totals.before);
    json.member("after", totals.after).member("unchanged", totals.unchanged);
    json.member("bytes_before", totals.bytes_before).member("bytes_after", totals.bytes_after);
    json.end_object();
  }
  json.end_object().key("changes").begin_array();
  for (const Change& change : report.result.changes) write_change(json, change);
  json.end_array().member("ignored", report.ignored).key("acceptances").begin_array();
  for (const AcceptanceUse& use : report.acceptances) {
    json.begin_object().member("finding", use.acceptance.finding);
    json.member("state", to_string(use.state)).member("reason", use.acceptance.reason);
    json.member("until", use.acceptance.until).end_object();
  }
  json.end_array().key("notes").begin_array();
  for (const std::string& note : report.result.notes) json.value(note);
  json.end_array().member("now", report.now.to_string());
}

}  // namespace envlock
