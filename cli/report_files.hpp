#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace envlock {

/// A file that gets a report.
struct ReportFile {
  std::string format, path;
};

/// What `-o` (in the format of `--format`) and each `--report FORMAT=FILE` ask for.
/// @param formats  that `--report` takes
/// @throws UsageError for a format that is none, or a file that is named twice
std::vector<ReportFile> report_files(const ParsedArgs& args, const Context& context,
                                     std::span<const std::string_view> formats);

}  // namespace envlock
