// Two documents that diff compares, "\n====\n" between them: nothing differs from itself, what is
// added one way is removed the other, and every report keeps outside text in its place.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "model/error.hpp"
#include "model/strict_json.hpp"
#include "verify/diff/report.hpp"

namespace {

using namespace envlock;

std::optional<DiffInput> read(std::string_view text) {
  try {
    DiffInput input = foreign_format_of(text) ? diff_input_of(read_foreign_lock(text, "x"), {})
                                              : diff_input_of(read_lockfile(text, "x", "/"));
    find_lines(input, text);
    return input;
  } catch (const Error&) {  // the refusal of what is none
    return std::nullopt;
  }
}

DiffReport report_of(const DiffInput& before, const DiffInput& after) {
  DiffReport report;
  report.before = &before;
  report.after = &after;
  DiffSettings settings;
  settings.now = Instant{1'700'000'000'000};
  settings.young_ms = 1'000'000;
  report.now = settings.now;
  report.result = compare(before, after, settings);
  judge(report, {}, diff_rules());
  return report;
}

void check_reports(const DiffReport& report) {
  JsonWriter json;
  json.begin_object();
  write_diff_json(json, report);
  json.end_object();
  JsonDocument(json.take(), "json", {});
  JsonDocument(diff_sarif(report), "sarif", {});
  JsonDocument(diff_gitlab(report), "gitlab", {});
  for (const std::string& text :
       {diff_text(report, 60), diff_markdown(report), diff_github(report), diff_junit(report)}) {
    if (text.find('\x1b') != std::string::npos || text.find('\r') != std::string::npos)
      std::abort();
  }
  if (diff_markdown(report).size() >= 65'000) std::abort();
  const std::string github = diff_github(report);
  // Ten of each level, a line each.
  const auto lines = std::ranges::count(github, '\n');
  if (lines > 30 || (lines == 0) != report.result.changes.empty()) std::abort();
}

std::size_t count(const DiffReport& report, ChangeKind kind) {
  return static_cast<std::size_t>(std::ranges::count(report.result.changes, kind, &Change::kind));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view mark = "\n====\n";
  const std::size_t at = text.find(mark);
  const auto before = read(text.substr(0, at));
  if (!before) return 0;
  const auto after =
      at == std::string_view::npos ? read(text) : read(text.substr(at + mark.size()));
  if (!after) return 0;
  if (!report_of(*before, *before).result.changes.empty()) std::abort();
  const DiffReport there = report_of(*before, *after);
  const DiffReport back = report_of(*after, *before);
  if (count(there, ChangeKind::added) != count(back, ChangeKind::removed)) std::abort();
  check_reports(there);
  check_reports(back);
  return 0;
}
