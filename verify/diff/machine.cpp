// Reports for other programs: SARIF, GitHub, JUnit, GitLab.

#include <algorithm>
#include <array>

#include "model/text.hpp"
#include "verify/diff/report.hpp"
#include "verify/report/markup.hpp"
#include "verify/report/sarif.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_annotations = 10;  ///< Of each level, that GitHub shows of one step.

/// One line with all that a change is.
std::string sentence(const Change& change) {
  std::string text = change.finding.message;
  if (!change.finding.expected.empty()) text += "; was " + change.finding.expected;
  if (!change.finding.found.empty()) text += "; is " + change.finding.found;
  for (const std::string& why : change.why) text += "; " + why;
  return text;
}

std::string place_of(const Change& change) {
  std::string place = change.environment;
  for (const std::string* const part : {&change.platform, &change.name}) {
    if (!part->empty()) place += (place.empty() ? "" : "/") + *part;
  }
  return place.empty() ? change.finding.rule : place;
}

std::string_view rule_name(const Change& change) {
  const Rule* const rule = find_rule(diff_rules(), change.finding.rule);
  return rule == nullptr ? std::string_view(change.finding.rule) : rule->name;
}

std::string file_of(const Change& change) { return relative_uri(change.file, "envlock.lock"); }

std::uint64_t line_of(const Change& change) { return std::max<std::uint64_t>(change.line, 1); }

std::vector<const Change*> worst_first(const DiffReport& report) {
  std::vector<const Change*> changes;
  for (const Change& change : report.result.changes) changes.push_back(&change);
  std::ranges::stable_sort(changes, [](const Change* a, const Change* b) {
    return a->finding.severity > b->finding.severity;
  });
  return changes;
}

std::string_view gitlab_severity(Severity severity) {
  constexpr std::array<std::string_view, 3> names{"info", "minor", "critical"};
  return names.at(static_cast<std::size_t>(severity));
}

std::string_view github_level(Severity severity) {
  constexpr std::array<std::string_view, 3> names{"notice", "warning", "error"};
  return names.at(static_cast<std::size_t>(severity));
}

}  // namespace

std::string diff_sarif(const DiffReport& report) {
  JsonWriter json;
  begin_sarif(json, report.version, diff_rules());
  json.key("results").begin_array();
  std::size_t written = 0;
  for (const Change* const change : worst_first(report)) {
    if (++written > max_sarif_results) break;
    begin_sarif_result(json, diff_rules(), change->finding, sentence(*change),
                       {.uri = file_of(*change), .line = change->line, .name = place_of(*change)});
    json.end_object();
  }
  json.end_array().key("properties").begin_object().member("headline", headline(report));
  json.end_object();
  return end_sarif(json);
}

std::string diff_github(const DiffReport& report) {
  std::string out;
  std::array<std::size_t, 3> counts{};
  const std::vector<FoldedChange> folded = fold(report);
  for (const FoldedChange& one : folded)
    ++counts.at(static_cast<std::size_t>(one.change->finding.severity));
  std::array<std::size_t, 3> written{};
  const auto annotate = [&](Severity severity, const std::string& file, std::uint64_t line,
                            const std::string& title, const std::string& text) {
    out += "::" + std::string(github_level(severity)) + " file=" + github_property(file) +
           ",line=" + std::to_string(line) + ",title=" + github_property("envlock: " + title) +
           "::" + github_message(text) + '\n';
  };
  for (const FoldedChange& one : folded) {
    const Change& change = *one.change;
    const Severity severity = change.finding.severity;
    const std::size_t all = counts.at(static_cast<std::size_t>(severity));
    std::size_t& so_far = written.at(static_cast<std::size_t>(severity));
    const std::string file = change.file.empty() ? "envlock.lock" : change.file;
    // The last of those that are shown says how many more there are.
    if (so_far > most_annotations - 1) continue;
    if (++so_far == most_annotations && all > most_annotations) {
      annotate(severity, file, 1, "more",
               std::to_string(all - most_annotations + 1) + " more " +
                   std::string(to_string(severity)) + "s: the report has them");
      continue;
    }
    std::string text = one.message.empty() ? sentence(change) : one.message + ": " + one.names;
    const std::string platforms = platforms_text(one);
    if (!platforms.empty()) text += " [" + platforms + ']';
    annotate(severity, file, line_of(change), std::string(rule_name(change)), text);
  }
  return out;
}

std::string diff_junit(const DiffReport& report) {
  std::string cases;
  std::size_t failures = 0;
  for (const Change* const change : worst_first(report)) {
    const Finding& finding = change->finding;
    cases += "    <testcase classname=\"envlock.diff." + xml_text(rule_name(*change)) +
             "\" name=\"" + xml_text(place_of(*change)) + "\" time=\"0\">";
    const bool failed = fails({&finding, 1}, report.fail_on);
    failures += failed ? 1U : 0U;
    const std::string text = xml_text(sentence(*change)) + "\n" +
                             xml_text("to do: " + finding.advice) + "\n" +
                             xml_text("id: " + finding.id);
    cases += failed ? "\n      <failure type=\"" + std::string(to_string(finding.severity)) +
                          "\" message=\"" + xml_text(finding.message) + "\">" + text +
                          "</failure>\n    </testcase>\n"
                    : "\n      <system-out>" + text + "</system-out>\n    </testcase>\n";
  }
  const std::string counts = " tests=\"" + std::to_string(report.result.changes.size() + 1) +
                             "\" failures=\"" + std::to_string(failures) + "\" errors=\"0\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"envlock\"" + counts +
         ">\n  <testsuite name=\"envlock diff\"" + counts +
         " skipped=\"0\">\n"
         "    <testcase classname=\"envlock.diff\" name=\"the two were compared\" time=\"0\">\n"
         "      <system-out>" +
         xml_text(headline(report)) + "</system-out>\n    </testcase>\n" + cases +
         "  </testsuite>\n</testsuites>\n";
}

std::string diff_gitlab(const DiffReport& report) {
  JsonWriter json;
  json.begin_array();
  for (const Change* const change : worst_first(report)) {
    json.begin_object().member("description", printable(sentence(*change)));
    json.member("check_name", rule_name(*change)).member("fingerprint", change->finding.id);
    json.member("severity", gitlab_severity(change->finding.severity));
    json.key("location").begin_object().member("path", file_of(*change));
    json.key("lines").begin_object().member("begin", line_of(*change)).end_object();
    json.end_object().end_object();
  }
  json.end_array();
  return json.take();
}

}  // namespace envlock
