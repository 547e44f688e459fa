#include <algorithm>

#include "verify/report/markup.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

// Surefire's schema demands the time of each case and the number of skipped ones, Jenkins' allows
// both. Times would be others in each run.

std::string more_lines(const VerifyReport& report) {
  std::string out;
  for (const std::string& line : {counts_line("not looked at", report.result.skipped),
                                  counts_line("not proved", report.result.not_proved)}) {
    if (!line.empty()) out += '\n' + xml_text(line);
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
         xml_text(run.prefix) +
         "\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
         "    <testcase classname=\"envlock.verify\" name=\"the prefix was looked at\" "
         "time=\"0\">\n"
         "      <error type=\"exit " +
         std::to_string(run.exit_code) + "\" message=\"" + xml_text(run.message) + "\">" +
         xml_text("to do: " + run.hint) +
         "</error>\n    </testcase>\n  </testsuite>\n</testsuites>\n";
}

std::string junit_report(const VerifyReport& report) {
  const auto has_failed = [&](const Finding& finding) {
    return fails({&finding, 1}, report.fail_on);
  };
  const std::vector<Finding>& findings = report.judged.findings;
  const auto failures = std::ranges::count_if(findings, has_failed);
  const std::string counts = " tests=\"" + std::to_string(findings.size() + 1) + "\" failures=\"" +
                             std::to_string(failures) + "\" errors=\"0\"";
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"envlock\"" +
                    counts + ">\n  <testsuite name=\"envlock verify " + xml_text(report.prefix) +
                    "\"" + counts + " skipped=\"0\">\n";
  // A suite without a case is taken for one that did not run.
  out +=
      "    <testcase classname=\"envlock.verify\" name=\"the prefix was looked at\" time=\"0\">\n"
      "      <system-out>" +
      xml_text(verdict_line(report)) + more_lines(report) + "</system-out>\n    </testcase>\n";
  for (const Finding& finding : findings) {
    const std::string text =
        xml_text("expected: " + finding.expected) + "\n" + xml_text("found: " + finding.found) +
        "\n" + (finding.advice.empty() ? "" : xml_text("to do: " + finding.advice) + "\n") +
        xml_text("id: " + finding.id);
    out += "    <testcase classname=\"envlock.verify." +
           xml_text(name_of_rule(report.rules, finding.rule)) + "\" name=\"" +
           xml_text(place_of(finding)) + "\" time=\"0\">\n      ";
    out += has_failed(finding)
               ? "<failure type=\"" + std::string(to_string(finding.severity)) + "\" message=\"" +
                     xml_text(finding.message) + "\">" + text + "</failure>"
               : "<system-out>" + xml_text(finding.message) + "\n" + text + "</system-out>";
    out += "\n    </testcase>\n";
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace envlock
