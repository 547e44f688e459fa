#include "cli/verify_output.hpp"

#include <array>
#include <filesystem>

#include "cli/json_output.hpp"
#include "cli/output_file.hpp"
#include "cli/version.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 6> formats{"text",  "json",  "markdown",
                                                  "sarif", "junit", "prometheus"};

}  // namespace

std::span<const std::string_view> verify_formats() noexcept { return formats; }

std::string place_of(const std::string& prefix) {
  std::error_code error;
  const std::filesystem::path place = std::filesystem::weakly_canonical(prefix, error);
  if (error) return prefix;
  const std::string text = place.lexically_normal().string();
  return text.size() > 1 && text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
}

std::string report_document(const VerifyReport& report, std::string_view format, ExitCode code,
                            const Context& context) {
  if (format == "json") {
    return json_result(context.command, code,
                       [&](JsonWriter& json) { write_json_report(json, report); });
  }
  if (format == "sarif") return sarif_report(report);
  if (format == "junit") return junit_report(report);
  if (format == "markdown") return markdown_report(report);
  if (format == "prometheus") return prometheus_report(report, context.clock.now());
  return text_report(report);
}

void write_failure(const std::vector<ReportFile>& files, const std::string& prefix,
                   const Error& error, const Context& context) {
  const FailedRun run{.version = std::string(program_version()),
                      .prefix = prefix,
                      .place = place_of(prefix),
                      .exit_code = static_cast<int>(error.exit_code()),
                      .message = error.what(),
                      .hint = error.hint(),
                      .ran_at = context.clock.now()};
  for (const ReportFile& file : files) {
    try {
      write_output_file(file.path, file.path,
                        file.format == "json"
                            ? json_error(context.command, error, error.exit_code())
                            : failure_report(file.format, run));
    } catch (const Error&) {
      // The first error is the one to tell.
    }
  }
}

}  // namespace envlock
