// Reports with hostile names: whatever a file is called, no format lets it out of its place (T15).
#include "verify/report/report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "model/text.hpp"
#include "verify/extra_family.hpp"

namespace envlock::test {
namespace {

const std::string hostile =
    "bin/\x1b[2J`|\n<img src=x onerror=1> @admin #1 [a](http://x) \"q\" 'a' & \\ {0} \xff";

VerifyReport report_of(std::vector<Finding> findings) {
  VerifyReport report;
  report.version = "1";
  report.prefix = "/opt/env";
  report.against = "baseline env.baseline";
  report.input = "env.baseline";
  report.input_sha256 = sha256_of("b");
  report.result.files_checked = 12;
  report.result.packages = 1;
  report.result.bytes_hashed = 1536;
  report.judged.findings = std::move(findings);
  report.failed = !report.judged.findings.empty();
  report.rules = verify_rules();
  return report;
}

Finding hostile_finding() {
  Finding finding = make_finding(verify_rules(), "EL231", hostile);
  finding.package = hostile;
  finding.expected = "nothing";
  finding.found = hostile;
  finding.message = "no package brought it";
  finding.sha256 = sha256_of("x");
  return finding;
}

nlohmann::json json_of(const VerifyReport& report) {
  JsonWriter json;
  json.begin_object();
  write_json_report(json, report);
  json.end_object();
  return nlohmann::json::parse(json.take());
}

}  // namespace

TEST_CASE("reports: a clean verdict in one line, with what it rests on") {
  CHECK(verdict_line(report_of({})) ==
        "/opt/env is as baseline env.baseline says: 12 files of 1 package, 1.5 KiB hashed");
  VerifyReport weak = report_of({});
  weak.no_proof = "whoever can change the files can change the records, too";
  CHECK_THAT(verdict_line(weak), Catch::Contains("; not proof: whoever"));
  CHECK(json_of(weak).at("is_proof") == false);
}

TEST_CASE("reports: text shows each finding on lines of its own, controls escaped") {
  const std::string text = text_report(report_of({hostile_finding()}));
  CHECK_THAT(text, Catch::StartsWith("/opt/env differs from baseline env.baseline: 1 error, 0 "
                                     "warnings, 0 notes (12 files"));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 7);  // with another way to mend it
  CHECK_THAT(text, Catch::Contains("    to do     ") && Catch::Contains(" extra-program\n"));
}

TEST_CASE("reports: text has each way to mend a finding in a line of its own") {
  Finding finding = hostile_finding();
  finding.advice = "rm '/opt/a; if b; or: c'\\''d; if x' && echo; if it must stay: keep it; or: no";
  VerifyReport report = report_of({finding});
  CHECK_THAT(text_report(report),
             Catch::Contains("    to do     rm '/opt/a; if b; or: c'\\''d; if x' && echo\n"
                             "    or        if it must stay: keep it\n"
                             "    or        no\n"));
  CHECK(json_of(report).at("findings").at(0).at("advice") == finding.advice);
}

TEST_CASE("reports: text says which lock LOCK is, where a next step has it") {
  VerifyReport report = report_of({hostile_finding()});
  report.lock_meant = "the lock of 1";
  CHECK_THAT(text_report(report), !Catch::Contains("LOCK is"));
  report.judged.findings.front().advice = "envlock install LOCK --prefix /opt/env --repair";
  CHECK_THAT(text_report(report), Catch::Contains("\nLOCK is the lock of 1\n"));
  report.lock_meant.clear();
  CHECK_THAT(text_report(report), !Catch::Contains("LOCK is"));
}

TEST_CASE("reports: JSON has every field of the contract") {
  const auto json = json_of(report_of({hostile_finding()}));
  const auto& finding = json.at("findings").at(0);
  for (const char* key : {"id", "rule", "severity", "path", "package", "expected", "found",
                          "message", "advice", "sha256"})
    CHECK(finding.contains(key));
  CHECK(finding.at("rule") == "EL231");
  CHECK(json.at("files_checked") == 12);
  CHECK(json.at("bytes_hashed") == 1536);
  CHECK(json.at("skipped") == nlohmann::json::object());
  CHECK_FALSE(json.contains("now"));
}

TEST_CASE("reports: SARIF 2.1.0 as GitHub takes it, without this machine's folders") {
  VerifyReport report = report_of({hostile_finding()});
  report.input = "/etc/secret place/env.baseline";
  report.judged.acceptances.push_back(
      {AcceptanceUse::State::applied, {"EL231-0", {}, hostile, "d", {}, {}}, hostile_finding()});
  const auto sarif = nlohmann::json::parse(sarif_report(report));
  CHECK(sarif.at("version") == "2.1.0");
  const auto& run = sarif.at("runs").at(0);
  CHECK(run.at("tool").at("driver").at("name") == "envlock");
  const auto& rules = run.at("tool").at("driver").at("rules");
  REQUIRE(run.at("results").size() == 2);
  const auto& result = run.at("results").at(0);
  CHECK(rules.at(result.at("ruleIndex").get<std::size_t>()).at("id") == result.at("ruleId"));
  CHECK(result.at("level") == "error");
  const auto& location = result.at("locations").at(0).at("physicalLocation");
  CHECK(location.at("artifactLocation").at("uri") == "env.baseline");
  CHECK(location.at("region").at("startLine") == 1);
  CHECK(result.at("partialFingerprints").at("primaryLocationLineHash") == hostile_finding().id);
  CHECK_FALSE(result.contains("suppressions"));
  CHECK(run.at("results").at(1).at("suppressions").at(0).at("kind") == "external");
  // No link can start in a message.
  const auto text = result.at("message").at("text").get<std::string>();
  CHECK_THAT(text, Catch::Contains("\\[a\\](http://x)"));
  CHECK(sarif_report(report).find("secret") == std::string::npos);
}

TEST_CASE("reports: SARIF has at most 25,000 results and tells how many there are") {
  std::vector<Finding> many(30'000, hostile_finding());
  const auto sarif = nlohmann::json::parse(sarif_report(report_of(std::move(many))));
  CHECK(sarif.at("runs").at(0).at("results").size() == 25'000);
  CHECK(sarif.at("runs").at(0).at("properties").at("findings") == 30'000);
}

TEST_CASE("reports: JUnit is XML 1.0 whatever is in it, and never an empty suite") {
  const std::string xml = junit_report(report_of({hostile_finding()}));
  CHECK_THAT(xml, Catch::Contains("tests=\"2\" failures=\"1\""));
  CHECK_THAT(xml, Catch::Contains(" skipped=\"0\">\n    <testcase ") &&
                      Catch::Contains("\" time=\"0\">\n      <failure type=\""));
  CHECK(xml.find("<img") == std::string::npos);
  CHECK(xml.find('\x1b') == std::string::npos);
  CHECK(xml.find("\"q\"") == std::string::npos);
  CHECK_THAT(xml, Catch::Contains("&lt;img src=x onerror=1&gt;") && Catch::Contains("&amp; "));
  CHECK_THAT(junit_report(report_of({})), Catch::Contains("tests=\"1\" failures=\"0\""));
}

TEST_CASE("reports: in JUnit only what makes the run fail is a failure") {
  VerifyReport report = report_of({hostile_finding()});
  report.judged.findings[0].severity = Severity::warning;
  report.fail_on = FailOn::error;
  const std::string passed = junit_report(report);
  CHECK_THAT(passed, Catch::Contains("tests=\"2\" failures=\"0\"") &&
                         Catch::Contains("\" time=\"0\">\n      <system-out>"));
  CHECK(passed.find("<failure") == std::string::npos);
  report.fail_on = FailOn::warning;
  CHECK_THAT(junit_report(report), Catch::Contains("tests=\"2\" failures=\"1\""));
}

TEST_CASE("reports: Markdown keeps outside text in code, where nothing is markup") {
  const std::string text = markdown_report(report_of({hostile_finding()}));
  const std::size_t row = text.find("| error |");
  REQUIRE(row != std::string::npos);
  const std::string line = text.substr(row, text.find('\n', row) - row);
  std::size_t bars = 0;
  for (std::size_t i = 0; i < line.size(); ++i)
    bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1U : 0U;
  CHECK(bars == 8);                                        // the cells' own
  CHECK(std::count(line.begin(), line.end(), '`') == 10);  // five pieces of code
  // Everything between backticks is code; nothing hostile stands outside.
  std::string outside;
  bool is_code = false;
  for (const char c : line) {
    if (c == '`') is_code = !is_code;
    if (!is_code) outside += c;
  }
  for (const char c : std::string("<@#[")) CHECK(outside.find(c) == std::string::npos);
  std::vector<Finding> many(5000, hostile_finding());
  const std::string cut = markdown_report(report_of(std::move(many)));
  CHECK(cut.size() < 65'536);
  CHECK_THAT(cut, Catch::Contains("more, which this text has no room for"));
}

TEST_CASE("reports: Prometheus has one gauge for each severity, labels escaped") {
  VerifyReport report = report_of({hostile_finding()});
  report.prefix = "/opt/\"x\\\n";
  const std::string text = prometheus_report(report, {1'700'000'000'123});
  CHECK_THAT(text, Catch::Contains("envlock_verify_findings{prefix=\"/opt/\\\"x\\\\\\\\x0a\","
                                   "severity=\"error\"} 1\n"));
  CHECK_THAT(text, Catch::Contains("severity=\"note\"} 0\n"));
  CHECK_THAT(text,
             Catch::Contains("last_run_timestamp_seconds") && Catch::Contains("} 1700000000\n"));
  CHECK_THAT(text, Catch::Contains("envlock_verify_success{prefix=\"/opt/\\\"x\\\\\\\\x0a\"} 0\n"));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    const std::string line = text.substr(at, end - at);
    CHECK((line.starts_with("# ") || line.starts_with("envlock_verify_")));
    at = end + 1;
  }
}

TEST_CASE("sizes and counts read as words") {
  CHECK(size_text(1) == "1 byte");
  CHECK(size_text(1023) == "1023 bytes");
  CHECK(size_text(std::uint64_t{3} << 30U) == "3.0 GiB");
  CHECK(counted(1, "file") == "1 file");
  CHECK(counted(0, "file") == "0 files");
}

TEST_CASE("reports: what was not proved stands in every format") {
  VerifyReport report = report_of({});
  report.result.not_proved = {{"files of byte code", 1}};
  report.result.skipped = {{"other file systems", 2}};
  CHECK_THAT(text_report(report), Catch::Contains("not proved: 1 file of byte code\n") &&
                                      Catch::Contains("not looked at: 2 other file systems\n"));
  CHECK_THAT(markdown_report(report), Catch::Contains("\nNot proved: 1 file of byte code.\n") &&
                                          Catch::Contains("Not looked at: 2 other file systems."));
  CHECK_THAT(junit_report(report), Catch::Contains("\nnot proved: 1 file of byte code"));
  CHECK_THAT(prometheus_report(report, Instant{0}),
             Catch::Contains("envlock_verify_not_proved{prefix=\"/opt/env\"} 1\n"));
  const auto sarif = nlohmann::json::parse(sarif_report(report));
  const auto& properties = sarif.at("runs").at(0).at("properties");
  CHECK(properties.at("notProved").at("files of byte code") == 1);
  CHECK(properties.at("notLookedAt").at("other file systems") == 2);
}

TEST_CASE("reports: SARIF points to the line of the baseline that says what must be") {
  VerifyReport report = report_of({hostile_finding()});
  report.line_of = [](const Finding&) { return std::size_t{42}; };
  const auto line = [&] {
    return nlohmann::json::parse(sarif_report(report))
        .at("runs")
        .at(0)
        .at("results")
        .at(0)
        .at("locations")
        .at(0)
        .at("physicalLocation")
        .at("region")
        .at("startLine")
        .get<int>();
  };
  CHECK(line() == 42);
  report.line_of = [](const Finding&) { return std::size_t{0}; };
  CHECK(line() == 1);
}

TEST_CASE("reports: Markdown's cells hold bars and a next step, and no bar ends a cell") {
  Finding finding = make_finding(verify_rules(), "EL231", "bin/a|b");
  finding.found = "c\\|d";
  const std::string text = markdown_report(report_of({finding}));
  CHECK_THAT(text, Catch::Contains("| next step |") && Catch::Contains("`bin/a\\|b`") &&
                       Catch::Contains("`c\\\\x7Cd`") && Catch::Contains("envlock accept"));
}

TEST_CASE("reports: a run without a verdict says so in each format") {
  const FailedRun run{.version = "1",
                      .prefix = "/opt/`env`",
                      .exit_code = 7,
                      .message = "cannot read 'b|<x>' [a](b)",
                      .hint = "do this",
                      .ran_at = Instant{5'000}};
  CHECK_THAT(failure_report("prometheus", run),
             Catch::Contains("envlock_verify_success{prefix=\"/opt/`env`\"} 0\n") &&
                 Catch::Contains("envlock_verify_exit_code{prefix=\"/opt/`env`\"} 7\n") &&
                 Catch::Contains("_seconds{prefix=\"/opt/`env`\"} 5\n") &&
                 !Catch::Contains("files_checked"));
  CHECK_THAT(failure_report("junit", run),
             Catch::Contains("errors=\"1\"") && Catch::Contains("&lt;x&gt;"));
  const auto sarif = nlohmann::json::parse(failure_report("sarif", run));
  const auto& invocation = sarif.at("runs").at(0).at("invocations").at(0);
  CHECK(invocation.at("executionSuccessful") == false);
  CHECK(invocation.at("exitCode") == 7);
  CHECK_THAT(failure_report("markdown", run),
             Catch::Contains("no verdict") && Catch::Contains("`cannot read 'b|<x>'"));
  CHECK_THAT(failure_report("text", run), Catch::Contains("exit code 7"));
}

TEST_CASE("counts of things read as words, of one as of many") {
  CHECK(counted_kind(1, "files of byte code") == "1 file of byte code");
  CHECK(counted_kind(2, "files of byte code") == "2 files of byte code");
  CHECK(counted_kind(1, "files of Python modules") == "1 file of Python modules");
  CHECK(counted_kind(1, "shared libraries") == "1 shared library");
  CHECK(counted_kind(1, "files that set variables") == "1 file that sets variables");
  CHECK(counted_kind(1, "files without a hash in their record") ==
        "1 file without a hash in its record");
  CHECK(counted_kind(1, "caches of data") == "1 cache of data");
  CHECK(counted_kind(1, "unreadable") == "1 unreadable");
}

}  // namespace envlock::test
