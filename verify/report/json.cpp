#include "verify/report/report.hpp"

namespace envlock {
namespace {

void write_sha256(JsonWriter& json, std::string_view key, const std::optional<Sha256>& sha256) {
  json.key(key);
  if (sha256) {
    json.value(sha256->hex());
  } else {
    json.null();
  }
}

void write_finding(JsonWriter& json, const Finding& finding) {
  json.begin_object().member("id", finding.id).member("rule", finding.rule);
  json.member("severity", to_string(finding.severity)).member("path", finding.path);
  json.member("package", finding.package).member("expected", finding.expected);
  json.member("found", finding.found).member("message", finding.message);
  json.member("advice", finding.advice);
  write_sha256(json, "sha256", finding.sha256);
  json.end_object();
}

void write_counts(JsonWriter& json, std::string_view key,
                  const std::map<std::string, std::uint64_t>& counts) {
  json.key(key).begin_object();
  for (const auto& [name, count] : counts) json.member(name, count);
  json.end_object();
}

}  // namespace

void write_json_report(JsonWriter& json, const VerifyReport& report) {
  json.member("verdict", report.judged.findings.empty() ? "clean" : "findings");
  json.member("is_proof", report.no_proof.empty()).member("no_proof", report.no_proof);
  json.member("prefix", report.prefix).member("against", report.against);
  write_sha256(json, "input_sha256", report.input_sha256);
  json.member("signed_by", report.signed_by);
  const SeverityCounts counts = count_by_severity(report);
  json.key("counts").begin_object().member("error", counts.errors);
  json.member("warning", counts.warnings).member("note", counts.notes).end_object();
  json.member("packages", report.result.packages);
  json.member("files_checked", report.result.files_checked);
  json.member("bytes_hashed", report.result.bytes_hashed);
  json.member("audit_checks", report.result.audit_checks);
  write_counts(json, "skipped", report.result.skipped);
  write_counts(json, "not_proved", report.result.not_proved);
  write_counts(json, "tolerated", report.result.tolerated);
  json.key("named").begin_object();
  for (const auto& [kind, paths] : report.result.named) {
    json.key(kind).begin_array();
    for (const std::string& path : paths) json.value(path);
    json.end_array();
  }
  json.end_object();
  json.member("ignored", report.judged.ignored);
  json.key("findings").begin_array();
  for (const Finding& finding : report.judged.findings) write_finding(json, finding);
  json.end_array();
  json.key("acceptances").begin_array();
  for (const AcceptanceUse& use : report.judged.acceptances) {
    json.begin_object().member("finding", use.acceptance.finding);
    json.member("state", to_string(use.state)).member("reason", use.acceptance.reason);
    json.member("until", use.acceptance.until);
    json.member("path", use.finding ? use.finding->path : std::string()).end_object();
  }
  json.end_array();
  if (report.now) json.member("now", report.now->to_string());
}

}  // namespace envlock
