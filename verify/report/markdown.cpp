#include "model/text.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

/// GitHub takes comments up to 65,536 characters.
constexpr std::size_t max_bytes = 60'000;
constexpr std::size_t max_field_bytes = 300;

/// Outside text as code, where Markdown has no markup, links, mentions or HTML. A backtick would
/// end it, and a bar a table's cell: both are shown as escapes.
std::string code(std::string_view text) {
  if (text.empty()) return {};
  std::string out = "`";
  for (const char c : printable(text, max_field_bytes)) {
    if (c == '`') {
      out += "\\x60";
    } else if (c == '|') {
      out += "\\x7C";
    } else {
      out += c;
    }
  }
  return out + '`';
}

std::string place_of(const Finding& finding) {
  return finding.path.empty() ? finding.package : finding.path;
}

std::string row(const Finding& finding, std::span<const Rule> rules) {
  const Rule* const rule = find_rule(rules, finding.rule);
  return "| " + std::string(to_string(finding.severity)) + " | " +
         (rule == nullptr ? code(finding.rule) : std::string(rule->name)) + " | " +
         code(place_of(finding)) + " | " + code(finding.expected) + " | " + code(finding.found) +
         " | " + code(finding.id) + " |\n";
}

}  // namespace

std::string markdown_report(const VerifyReport& report) {
  // By this a robot finds the comment that it is to replace.
  std::string out = "<!-- envlock:verify -->\n### envlock verify: ";
  const SeverityCounts counts = count_by_severity(report);
  if (report.judged.findings.empty()) {
    out += "clean\n\n";
  } else {
    out += counted(counts.errors, "error") + ", " + counted(counts.warnings, "warning") + ", " +
           counted(counts.notes, "note") + "\n\n";
  }
  out += code(report.prefix) + " against " + code(report.against) + ": " +
         counted(report.result.files_checked, "file") + " of " +
         counted(report.result.packages, "package") + ", " + size_text(report.result.bytes_hashed) +
         " hashed.\n";
  if (!report.no_proof.empty()) out += "\nThis is no proof: " + code(report.no_proof) + "\n";
  if (!report.judged.findings.empty()) {
    out += "\n| severity | what | where | expected | found | id |\n|---|---|---|---|---|---|\n";
    std::size_t shown = 0;
    for (const Finding& finding : report.judged.findings) {
      std::string line = row(finding, report.rules);
      if (out.size() + line.size() > max_bytes) break;
      out += line;
      ++shown;
    }
    if (shown < report.judged.findings.size())
      out += "\nand " + std::to_string(report.judged.findings.size() - shown) +
             " more, which this text has no room for.\n";
  }
  for (const AcceptanceUse& use : report.judged.acceptances) {
    const std::string line = "\nAcceptance of " + code(use.acceptance.finding) + ": " +
                             std::string(to_string(use.state)) + ", until " +
                             code(use.acceptance.until) + ": " + code(use.acceptance.reason) + '\n';
    if (out.size() + line.size() > max_bytes + 4000) break;
    out += line;
  }
  return out;
}

}  // namespace envlock
