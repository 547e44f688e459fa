#include <array>

#include <fmt/format.h>

#include "model/text.hpp"
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
