#include "verify/finding.hpp"

#include <algorithm>
#include <tuple>

#include "model/error.hpp"

namespace envlock {

std::string_view to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      break;
  }
  return "error";
}

std::optional<Severity> parse_severity(std::string_view text) noexcept {
  for (const Severity severity : {Severity::note, Severity::warning, Severity::error}) {
    if (text == to_string(severity)) return severity;
  }
  return std::nullopt;
}

const Rule* find_rule(std::span<const Rule> rules, std::string_view id_or_name) noexcept {
  for (const Rule& rule : rules) {
    if (rule.id == id_or_name || rule.name == id_or_name) return &rule;
  }
  return nullptr;
}

std::string finding_id(std::string_view rule, std::string_view path, std::string_view kind) {
  constexpr std::size_t digits = 12;
  constexpr std::string_view separator("\0", 1);  // no path holds it
  Sha256Hasher hasher;
  for (const std::string_view part : {rule, separator, path, separator, kind}) hasher.update(part);
  return std::string(rule) + '-' + hasher.finish().hex().substr(0, digits);
}

Finding make_finding(std::span<const Rule> rules, std::string_view rule, std::string path,
                     std::string_view kind) {
  const Rule* const known = find_rule(rules, rule);
  if (known == nullptr) throw InternalError("no rule '" + std::string(rule) + "' is known");
  Finding finding;
  finding.id = finding_id(known->id, path, kind);
  finding.rule = known->id;
  finding.severity = known->severity;
  finding.traits = known->traits.value;
  finding.path = std::move(path);
  finding.advice = known->advice;
  return finding;
}

void sort_findings(std::vector<Finding>& findings) {
  std::ranges::sort(findings, [](const Finding& a, const Finding& b) {
    // Exchanged: what leads and the worst come first.
    const bool a_leads = has(a.traits, RuleTrait::leads);
    const bool b_leads = has(b.traits, RuleTrait::leads);
    const bool a_trails = has(a.traits, RuleTrait::trails);
    const bool b_trails = has(b.traits, RuleTrait::trails);
    return std::tie(b_leads, b.severity, a_trails, a.path, a.rule, a.id) <
           std::tie(a_leads, a.severity, b_trails, b.path, b.rule, b.id);
  });
}

}  // namespace envlock
