#include "cli/report_files.hpp"

#include <algorithm>
#include <set>

#include "model/error.hpp"

namespace envlock {
namespace {

ReportFile parse_report(const std::string& value, std::span<const std::string_view> formats) {
  const std::size_t sign = value.find('=');
  ReportFile file{value.substr(0, sign), sign == std::string::npos ? "" : value.substr(sign + 1)};
  if (!file.path.empty() && std::ranges::find(formats, file.format) != formats.end()) return file;
  std::string names;
  for (std::size_t i = 0; i < formats.size(); ++i) {
    names += i == 0 ? "" : i + 1 == formats.size() ? " and " : ", ";
    names += formats[i];
  }
  throw UsageError("'--report " + value + "' is not FORMAT=FILE",
                   "for example --report markdown=report.md; the formats are " + names);
}

}  // namespace

std::vector<ReportFile> report_files(const ParsedArgs& args, const Context& context,
                                     std::span<const std::string_view> formats) {
  std::vector<ReportFile> files;
  if (args.has("output")) {
    files.push_back(
        {context.settings.json ? "json" : context.settings.format, args.value("output")});
  }
  for (const std::string& value : args.values("report"))
    files.push_back(parse_report(value, formats));
  std::set<std::string> paths;
  for (const ReportFile& file : files) {
    if (!paths.insert(file.path).second)
      throw UsageError("two reports are to go to '" + file.path + "'", "name a file for each");
  }
  return files;
}

}  // namespace envlock
