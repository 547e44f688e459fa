#include <array>

#include <fmt/format.h>

#include "model/text.hpp"
#include "verify/extra_family.hpp"
#include "verify/report/report.hpp"

namespace envlock {

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"KiB", "MiB", "GiB", "TiB", "PiB"};
  constexpr double step = 1024;
  if (bytes < 1024) return counted(bytes, "byte");
  double size = static_cast<double>(bytes) / step;
  std::size_t unit = 0;
  while (size >= step && unit + 1 < units.size()) {
    size /= step;
    ++unit;
  }
  return fmt::format("{:.1f} {}", size, units[unit]);
}

std::string counts_line(std::string_view what, const std::map<std::string, std::uint64_t>& counts) {
  std::string line;
  for (const auto& [name, count] : counts)
    line += (line.empty() ? std::string(what) + ": " : ", ") + counted_kind(count, name);
  return line;
}

SeverityCounts count_by_severity(const VerifyReport& report) noexcept {
  SeverityCounts counts;
  for (const Finding& finding : report.judged.findings) {
    switch (finding.severity) {
      case Severity::error:
        ++counts.errors;
        break;
      case Severity::warning:
        ++counts.warnings;
        break;
      case Severity::note:
        ++counts.notes;
        break;
    }
  }
  return counts;
}

std::string failure_report(std::string_view format, const FailedRun& run) {
  if (format == "prometheus") return prometheus_failure(run);
  if (format == "junit") return junit_failure(run);
  if (format == "sarif") return sarif_failure(run);
  if (format == "markdown") return markdown_failure(run);
  std::string text = "error: " + printable(run.message) + '\n';
  if (!run.hint.empty()) text += "hint: " + printable(run.hint) + '\n';
  return text + printable(run.prefix) + " was not judged (exit code " +
         std::to_string(run.exit_code) + ")\n";
}

std::string verdict_line(const VerifyReport& report) {
  const std::string checked = counted(report.result.files_checked, "file") + " of " +
                              counted(report.result.packages, "package") + ", " +
                              size_text(report.result.bytes_hashed) + " hashed";
  const std::string where = printable(report.prefix) + ' ';
  std::string against = printable(report.against);
  std::string verdict;
  if (report.judged.findings.empty()) {
    verdict = where + "is as " + against + (report.input.empty() ? " say: " : " says: ") + checked;
  } else {
    const SeverityCounts counts = count_by_severity(report);
    verdict = where + "differs from " + against + ": " + counted(counts.errors, "error") + ", " +
              counted(counts.warnings, "warning") + ", " + counted(counts.notes, "note") + " (" +
              checked + ')';
  }
  if (!report.no_proof.empty()) verdict += "; not proof: " + printable(report.no_proof);
  return verdict;
}

}  // namespace envlock
