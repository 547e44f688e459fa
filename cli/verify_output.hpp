#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "model/error.hpp"
#include "verify/report/report.hpp"

namespace envlock {

/// A file that gets a report.
struct ReportFile {
  std::string format, path;
};

/// What `-o` (in the format of `--format`) and each `--report FORMAT=FILE` ask for.
/// @throws UsageError for a format that is none, or a file that is named twice
std::vector<ReportFile> report_files(const ParsedArgs& args, const Context& context);

std::string report_document(const VerifyReport& report, std::string_view format, ExitCode code,
                            const Context& context);

/// Says in each file that there is no verdict, and why: the report of an earlier run must not stand
/// for this one's. Where a file cannot be written, it is left as it is.
void write_failure(const std::vector<ReportFile>& files, const std::string& prefix,
                   const Error& error, const Context& context);

}  // namespace envlock
