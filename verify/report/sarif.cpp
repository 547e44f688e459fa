#include "verify/report/sarif.hpp"

#include <algorithm>
#include <utility>

#include "model/text.hpp"
#include "verify/advice.hpp"
#include "verify/report/markup.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_field_bytes = 1000;

/// By this GitHub sorts alerts: below 4.0 is low, from 7.0 on high.
std::string_view security_severity(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "2.0";
    case Severity::warning:
      return "5.0";
    case Severity::error:
      break;
  }
  return "8.0";
}

void write_rules(JsonWriter& json, std::span<const Rule> rules) {
  json.key("rules").begin_array();
  for (const Rule& rule : rules) {
    json.begin_object().member("id", rule.id).member("name", rule.name);
    write_sarif_text(json, "shortDescription", rule.help);
    write_sarif_text(json, "fullDescription", rule.help);  // GitHub demands both
    write_sarif_text(json, "help", "What to do: " + general_advice(rule));
    json.key("defaultConfiguration").begin_object();
    json.member("level", to_string(rule.severity)).end_object();
    json.key("properties").begin_object();
    json.member("security-severity", security_severity(rule.severity)).end_object().end_object();
  }
  json.end_array();
}

void write_result(JsonWriter& json, const Finding& finding, const VerifyReport& report,
                  const Acceptance* accepted) {
  const std::string place = finding.path.empty() ? finding.package : finding.path;
  std::string text = place.empty() ? finding.message : place + ": " + finding.message;
  if (!finding.expected.empty()) text += "; expected " + finding.expected;
  if (!finding.found.empty()) text += "; found " + finding.found;
  begin_sarif_result(json, report.rules, finding, text,
                     {.uri = relative_uri(report.input, "conda-meta/history"),
                      .line = report.line_of ? report.line_of(finding) : 0,
                      .name = place});
  if (accepted != nullptr) {
    json.key("suppressions").begin_array().begin_object().member("kind", "external");
    json.member("justification", printable(accepted->reason, max_field_bytes));
    json.end_object().end_array();
  }
  json.end_object();
}

}  // namespace

void write_sarif_text(JsonWriter& json, std::string_view key, std::string_view text) {
  json.key(key).begin_object().member("text", text).end_object();
}

void begin_sarif(JsonWriter& json, std::string_view version, std::span<const Rule> rules) {
  json.begin_object();
  json.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  json.member("version", "2.1.0").key("runs").begin_array().begin_object();
  json.key("tool").begin_object().key("driver").begin_object();
  json.member("name", "envlock").member("version", version);
  if (!rules.empty()) write_rules(json, rules);
  json.end_object().end_object();
}

std::string end_sarif(JsonWriter& json) {
  json.end_object().end_array().end_object();
  return json.take();
}

void begin_sarif_result(JsonWriter& json, std::span<const Rule> rules, const Finding& finding,
                        std::string_view text, const SarifPlace& place) {
  json.begin_object().member("ruleId", finding.rule);
  const auto rule = std::ranges::find(rules, std::string_view(finding.rule), &Rule::id);
  if (rule != rules.end())
    json.member("ruleIndex", static_cast<std::uint64_t>(rule - rules.begin()));
  json.member("level", to_string(finding.severity));
  write_sarif_text(json, "message", sarif_text(text));
  json.key("locations").begin_array().begin_object().key("physicalLocation").begin_object();
  json.key("artifactLocation").begin_object().member("uri", place.uri).end_object();
  json.key("region").begin_object();
  json.member("startLine", std::max<std::uint64_t>(place.line, 1)).end_object().end_object();
  json.key("logicalLocations").begin_array().begin_object();
  json.member("fullyQualifiedName", printable(place.name, max_field_bytes));
  json.end_object().end_array().end_object().end_array();
  json.key("partialFingerprints").begin_object();
  json.member("primaryLocationLineHash", finding.id).end_object();
}

std::string sarif_failure(const FailedRun& run) {
  JsonWriter json;
  begin_sarif(json, run.version, {});
  json.key("invocations").begin_array().begin_object();
  json.member("executionSuccessful", false).member("exitCode", run.exit_code);
  json.key("toolExecutionNotifications").begin_array().begin_object();
  json.member("level", "error");
  write_sarif_text(json, "message",
                   sarif_text(run.message + (run.hint.empty() ? "" : "; ") + run.hint));
  json.end_object().end_array().end_object().end_array();
  json.key("results").begin_array().end_array();
  return end_sarif(json);
}

std::string sarif_report(const VerifyReport& report) {
  JsonWriter json;
  begin_sarif(json, report.version, report.rules);
  json.key("invocations").begin_array().begin_object();
  json.member("executionSuccessful", true).end_object().end_array();
  json.key("results").begin_array();
  std::size_t written = 0;
  for (const Finding& finding : report.judged.findings) {
    if (++written > max_sarif_results) break;
    write_result(json, finding, report, nullptr);
  }
  for (const AcceptanceUse& use : report.judged.acceptances) {
    if (use.state != AcceptanceUse::State::applied || ++written > max_sarif_results) continue;
    write_result(json, *use.finding, report, &use.acceptance);
  }
  json.end_array();
  json.key("properties").begin_object();
  json.member("verdict", verdict_line(report));
  json.member("findings", static_cast<std::uint64_t>(report.judged.findings.size()));
  for (const auto& [key, counts] : {std::pair("notLookedAt", &report.result.skipped),
                                    std::pair("notProved", &report.result.not_proved)}) {
    json.key(key).begin_object();
    for (const auto& [name, count] : *counts) json.member(name, count);
    json.end_object();
  }
  json.end_object();
  return end_sarif(json);
}

}  // namespace envlock
