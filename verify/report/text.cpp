#include <algorithm>

#include "model/text.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_field_bytes = 1000;

void add_field(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += "    ";
  out += name;
  out.append(name.size() < 10 ? 10 - name.size() : 1, ' ');
  out += printable(value, max_field_bytes) + '\n';
}

/// Each way to mend a finding in a line of its own, so that a command can be pasted. What is in
/// quotes is a name, whatever it looks like.
void add_advice(std::string& out, std::string_view advice) {
  std::string_view name = "to do";
  bool is_quoted = false;
  std::size_t start = 0;
  for (std::size_t at = 0; at < advice.size(); ++at) {
    if (advice[at] == '\\' && !is_quoted) {
      ++at;
    } else if (advice[at] == '\'') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && (advice.substr(at).starts_with("; if ") ||
                              advice.substr(at).starts_with("; or: "))) {
      add_field(out, name, advice.substr(start, at - start));
      name = "or";
      start = at + (advice[at + 2] == 'i' ? 2 : 6);
    }
  }
  add_field(out, name, advice.substr(start));
}

void add_finding(std::string& out, const Finding& finding, std::span<const Rule> rules) {
  std::string severity(to_string(finding.severity));
  severity.resize(9, ' ');
  out += severity;
  if (!finding.path.empty()) out += printable(finding.path);
  if (!finding.package.empty())
    out += (finding.path.empty() ? "" : " (") + printable(finding.package) +
           (finding.path.empty() ? "" : ")");
  if (!finding.path.empty() || !finding.package.empty()) out += ": ";
  out += printable(finding.message, max_field_bytes) + '\n';
  add_field(out, "expected", finding.expected);
  add_field(out, "found", finding.found);
  add_advice(out, finding.advice);
  const Rule* const rule = find_rule(rules, finding.rule);
  add_field(out, "id", finding.id + (rule == nullptr ? "" : " " + std::string(rule->name)));
}

void add_acceptance(std::string& out, const AcceptanceUse& use) {
  const Acceptance& acceptance = use.acceptance;
  std::string place = use.finding && !use.finding->path.empty() ? ' ' + printable(use.finding->path)
                                                                : std::string();
  switch (use.state) {
    case AcceptanceUse::State::applied:
      out += "accepted " + acceptance.finding + place + " until " + printable(acceptance.until) +
             ": " + printable(acceptance.reason, max_field_bytes) + '\n';
      return;
    case AcceptanceUse::State::expired:
      out += "not accepted any more: " + acceptance.finding + place + ", since " +
             printable(acceptance.until) + '\n';
      return;
    case AcceptanceUse::State::other_bytes:
      out += "not accepted: " + acceptance.finding + place +
             ", its bytes are others by now; to accept these, "
             "'envlock accept' again\n";
      return;
    case AcceptanceUse::State::unused:
      out += "accepted, and gone by now: " + acceptance.finding + " (" +
             printable(acceptance.reason, max_field_bytes) +
             "); its entry in envlock.yml can go, too\n";
  }
}

void add_counts(std::string& out, std::string_view what,
                const std::map<std::string, std::uint64_t>& counts, const VerifyReport& report) {
  if (counts.empty()) return;
  out += counts_line(what, counts) + '\n';
  if (!report.names_counted) return;
  for (const auto& [kind, count] : counts) {
    const auto named = report.result.named.find(kind);
    if (named == report.result.named.end()) continue;
    for (const std::string& path : named->second)
      out += "    " + printable(path, max_field_bytes) + '\n';
    if (count > named->second.size())
      out += "    and " + std::to_string(count - named->second.size()) + " more\n";
  }
}

}  // namespace

std::string text_report(const VerifyReport& report) {
  std::string out = verdict_line(report) + '\n';
  for (const Finding& finding : report.judged.findings) add_finding(out, finding, report.rules);
  for (const AcceptanceUse& use : report.judged.acceptances) add_acceptance(out, use);
  if (report.result.audit_checks > 0)
    out += "audit of the host: " + counted(report.result.audit_checks, "place") + " looked at, " +
           (report.result.audit_findings == 0 ? "nothing was found"
                                              : counted(report.result.audit_findings, "finding")) +
           '\n';
  const auto names_no_lock = [](const Finding& finding) {
    return finding.advice.find(" LOCK ") != std::string::npos;
  };
  if (!report.lock_meant.empty() && std::ranges::any_of(report.judged.findings, names_no_lock))
    out += "LOCK is " + report.lock_meant + '\n';
  if (!report.signed_by.empty()) out += "signed: " + printable(report.signed_by) + '\n';
  add_counts(out, "not looked at", report.result.skipped, report);
  add_counts(out, "not proved", report.result.not_proved, report);
  add_counts(out, "made by tools on the spot, no finding", report.result.tolerated, report);
  if (report.judged.ignored > 0)
    out += "ignored by envlock.yml: " + std::to_string(report.judged.ignored) + '\n';
  return out;
}

}  // namespace envlock
