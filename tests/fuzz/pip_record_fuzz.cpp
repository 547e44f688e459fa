// RECORD of a pip-installed package: no path leaves the prefix, paths are sorted and single, and
// what was read can be written and read again as the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "verify/pip_record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace envlock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const PipRecord record = parse_pip_record(text, "lib/python3.11/site-packages");
  std::string again;
  for (const PipFile& file : record.files) {
    const std::string_view path = file.path;
    if (path.empty() || path.front() == '/' || path.find('\0') != std::string_view::npos)
      std::abort();
    const std::string around = '/' + file.path + '/';
    for (const std::string_view part : {"/../", "/./", "//"}) {
      if (around.find(part) != std::string::npos) std::abort();
    }
    again += "\"";
    for (const char c : file.path) again += c == '"' ? std::string("\"\"") : std::string(1, c);
    again += "\",,\n";
  }
  if (!std::ranges::is_sorted(record.files, {}, &PipFile::path)) std::abort();
  const PipRecord second = parse_pip_record(again, "");
  if (second.files.size() != record.files.size() || !second.faults.empty()) std::abort();
  for (std::size_t i = 0; i < record.files.size(); ++i) {
    if (second.files[i].path != record.files[i].path) std::abort();
  }
  (void)parse_dist_info_name(text);
  (void)normalised_project(text);
  const DistInfoName metadata = parse_dist_metadata(text);
  for (const std::string_view field : {metadata.name, metadata.version}) {
    if (field.size() > 200 || field.find('\n') != std::string_view::npos) std::abort();
  }
  return 0;
}
