#include "model/text.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

/// Text of an XML 1.0 attribute or element; what XML forbids is escaped by `printable` before.
std::string xml(std::string_view text) {
  std::string out;
  const std::string harmless = printable(text);
  for (std::size_t at = 0; at < harmless.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(harmless, at);
    switch (c) {
      case U'&':
        out += "&amp;";
        break;
      case U'<':
        out += "&lt;";
        break;
      case U'>':
        out += "&gt;";
        break;
      case U'"':
        out += "&quot;";
        break;
      case U'\'':
        out += "&apos;";
        break;
      case 0xFFFE:
      case 0xFFFF:
        out += "?";
        break;
      default:
        out.append(harmless, start, at - start);
    }
  }
  return out;
}

std::string more_lines(const VerifyReport& report) {
  std::string out;
  for (const std::string& line : {counts_line("not looked at", report.result.skipped),
                                  counts_line("not proved", report.result.not_proved)}) {
    if (!line.empty()) out += '\n' + xml(line);
  }
  return out;
}

std::string place_of(const Finding& finding) {
  if (!finding.path.empty()) return finding.path;
  return finding.package.empty() ? finding.rule : finding.package;
}

std::string name_of_rule(std::span<const Rule> rules, std::string_view id) {
  const Rule* const rule = find_rule(rules, id);
  return rule == nullptr ? std::string(id) : std::string(rule->name);
}

}  // namespace

std::string junit_failure(const FailedRun& run) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<testsuites name=\"envlock\" tests=\"1\" failures=\"0\" errors=\"1\">\n"
         "  <testsuite name=\"envlock verify " +
         xml(run.prefix) +
         "\" tests=\"1\" failures=\"0\" errors=\"1\">\n"
         "    <testcase classname=\"envlock.verify\" name=\"the prefix was looked at\">\n"
         "      <error type=\"exit " +
         std::to_string(run.exit_code) + "\" message=\"" + xml(run.message) + "\">" +
         xml("to do: " + run.hint) + "</error>\n    </testcase>\n  </testsuite>\n</testsuites>\n";
}

std::string junit_report(const VerifyReport& report) {
  const std::size_t failures = report.judged.findings.size();
  const std::string counts = " tests=\"" + std::to_string(failures + 1) + "\" failures=\"" +
                             std::to_string(failures) + "\" errors=\"0\"";
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"envlock\"" +
                    counts + ">\n  <testsuite name=\"envlock verify " + xml(report.prefix) + "\"" +
                    counts + ">\n";
  // A suite without a case is taken for one that did not run.
  out +=
      "    <testcase classname=\"envlock.verify\" name=\"the prefix was looked at\">\n"
      "      <system-out>" +
      xml(verdict_line(report)) + more_lines(report) + "</system-out>\n    </testcase>\n";
  for (const Finding& finding : report.judged.findings) {
    const std::string rule = name_of_rule(report.rules, finding.rule);
    out += "    <testcase classname=\"envlock.verify." + xml(rule) + "\" name=\"" +
           xml(place_of(finding)) + "\">\n      <failure type=\"" +
           std::string(to_string(finding.severity)) + "\" message=\"" + xml(finding.message) +
           "\">" + xml("expected: " + finding.expected) + "\n" + xml("found: " + finding.found) +
           "\n" + xml("to do: " + finding.advice) + "\n" + xml("id: " + finding.id) +
           "</failure>\n    </testcase>\n";
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace envlock
