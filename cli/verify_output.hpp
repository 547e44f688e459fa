#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/report_files.hpp"
#include "model/error.hpp"
#include "verify/report/report.hpp"

namespace envlock {

/// The formats of `verify`, as `--format` and `--report` take them.
std::span<const std::string_view> verify_formats() noexcept;

/// Where a prefix lies, without links: the same whatever folder it was named from. As it is named
/// where that cannot be known.
std::string place_of(const std::string& prefix);

std::string report_document(const VerifyReport& report, std::string_view format, ExitCode code,
                            const Context& context);

/// Says in each file that there is no verdict, and why: the report of an earlier run must not stand
/// for this one's. Where a file cannot be written, it is left as it is.
void write_failure(const std::vector<ReportFile>& files, const std::string& prefix,
                   const Error& error, const Context& context);

}  // namespace envlock
