#include "cli/verify_output.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "cli/json_output.hpp"
#include "cli/output_file.hpp"
#include "cli/version.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 6> formats{"text",  "json",  "markdown",
                                                  "sarif", "junit", "prometheus"};

ReportFile parse_report(const std::string& value) {
  const std::size_t sign = value.find('=');
  ReportFile file{value.substr(0, sign), sign == std::string::npos ? "" : value.substr(sign + 1)};
  if (file.path.empty() || std::ranges::find(formats, file.format) == formats.end())
    throw UsageError("'--report " + value + "' is not FORMAT=FILE",
                     "for example --report markdown=report.md; the formats are text, json, "
                     "markdown, sarif, junit and prometheus");
  return file;
}

}  // namespace

std::vector<ReportFile> report_files(const ParsedArgs& args, const Context& context) {
  std::vector<ReportFile> files;
  if (args.has("output"))
    files.push_back(
        {context.settings.json ? "json" : context.settings.format, args.value("output")});
  for (const std::string& value : args.values("report")) files.push_back(parse_report(value));
  std::set<std::string> paths;
  for (const ReportFile& file : files) {
    if (!paths.insert(file.path).second)
      throw UsageError("two reports are to go to '" + file.path + "'", "name a file for each");
  }
  return files;
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
