#include "model/text.hpp"
#include "verify/report/markup.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

/// GitHub takes comments up to 65,536 characters.
constexpr std::size_t max_bytes = 60'000;

std::string place_of(const Finding& finding) {
  return finding.path.empty() ? finding.package : finding.path;
}

std::string row(const Finding& finding, std::span<const Rule> rules) {
  const Rule* const rule = find_rule(rules, finding.rule);
  return "| " + std::string(to_string(finding.severity)) + " | " +
         (rule == nullptr ? markdown_cell(finding.rule) : std::string(rule->name)) + " | " +
         markdown_cell(place_of(finding)) + " | " + markdown_cell(finding.expected) + " | " +
         markdown_cell(finding.found) + " | " + markdown_cell(finding.advice) + " | " +
         markdown_cell(finding.id) + " |\n";
}

}  // namespace

std::string markdown_failure(const FailedRun& run) {
  std::string out = "<!-- envlock:verify -->\n### envlock verify: no verdict\n\n" +
                    markdown_code(run.prefix) + " was not judged (exit code " +
                    std::to_string(run.exit_code) + "): " + markdown_code(run.message) + '\n';
  if (!run.hint.empty()) out += "\nNext step: " + markdown_code(run.hint) + '\n';
  return out;
}

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
  out += markdown_code(report.prefix) + " against " + markdown_code(report.against) + ": " +
         counted(report.result.files_checked, "file") + " of " +
         counted(report.result.packages, "package") + ", " + size_text(report.result.bytes_hashed) +
         " hashed.\n";
  if (!report.no_proof.empty())
    out += "\nThis is no proof: " + markdown_code(report.no_proof) + "\n";
  for (const std::string& line : {counts_line("Not looked at", report.result.skipped),
                                  counts_line("Not proved", report.result.not_proved)}) {
    if (!line.empty()) out += '\n' + line + ".\n";
  }
  if (!report.judged.findings.empty()) {
    out +=
        "\n| severity | what | where | expected | found | next step | id |\n"
        "|---|---|---|---|---|---|---|\n";
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
    const std::string line = "\nAcceptance of " + markdown_code(use.acceptance.finding) + ": " +
                             std::string(to_string(use.state)) + ", until " +
                             markdown_code(use.acceptance.until) + ": " +
                             markdown_code(use.acceptance.reason) + '\n';
    if (out.size() + line.size() > max_bytes + 4000) break;
    out += line;
  }
  return out;
}

}  // namespace envlock
