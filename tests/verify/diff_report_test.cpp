// Reports of `diff`: what a reviewer reads, and that no outside text leaves its place (T15).
#include "verify/diff/report.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "model/text.hpp"
#include "tests/verify/diff_fixture.hpp"

namespace envlock::test {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

const std::string hostile =
    "\x1b[2J`|\n<img src=x onerror=1> @admin #1 [a](http://x) \"q\" 'a' & \\ {0} \xff -->";

struct Reported {
  DiffInput before, after;
  DiffReport report;
};

/// A report stays where its inputs are.
std::unique_ptr<Reported> reported(const DiffLock& before, const DiffLock& after,
                                   const VerifyPolicy& policy = {}) {
  auto all = std::make_unique<Reported>(
      Reported{before.input("old.lock"), after.input("envlock.lock"), {}});
  all->report.version = "1";
  all->report.before = &all->before;
  all->report.after = &all->after;
  all->report.now = parse_instant("2026-06-15T00:00:00Z").value();
  DiffSettings settings;
  settings.now = all->report.now;
  all->report.result = compare(all->before, all->after, settings);
  judge(all->report, policy, diff_rules());
  return all;
}

Json json_of(const DiffReport& report) {
  JsonWriter json;
  json.begin_object();
  write_diff_json(json, report);
  json.end_object();
  return Json::parse(json.take());
}

/// Packages p0, p1, ... of a channel.
DiffLock from_channel(const std::string& channel, int count) {
  DiffLock lock;
  LockChannel other;
  other.name = channel;
  other.url = "https://conda.example/" + channel;
  lock.lock().channels = {other};
  for (int i = 0; i < count; ++i) lock.add("p" + std::to_string(100 + i)).channel_url = other.url;
  for (LockedPackage& package : lock.lock().platforms.begin()->second.packages)
    package.channel = channel;
  return lock;
}

DiffLock many(int count, const std::string& version) {
  DiffLock lock;
  for (const char* const subdir : {"linux-64", "osx-64"}) {
    for (int i = 0; i < count; ++i)
      lock.add("package-" + std::to_string(10'000 + i), version, "0", {}, subdir);
  }
  return lock;
}

DiffLock hostile_lock(const std::string& version) {
  DiffLock lock({"b"});
  PackageRecord& record = lock.add("a", version);
  record.name = hostile + version;
  record.build = hostile;
  record.license = hostile + version;
  return lock;
}

}  // namespace

TEST_CASE("diff reports: the headline says what moved, why, and what needs eyes") {
  DiffLock before({"app>=1"});
  before.add("app", "1.0");
  DiffLock after({"app>=2"});
  after.add("app", "2.0", "0", {"lib"});
  after.add("lib");
  CHECK(headline(reported(before, after)->report) ==
        "2 packages move because you changed 'app>=1' to 'app>=2'");
  after.add("reqeusts");
  CHECK_THAT(headline(reported(before, after)->report),
             Contains("1 needs your eyes: name-like-another"));
  CHECK(headline(reported(before, before)->report) == "nothing changed");
  CHECK(reported(before, before)->report.failed == false);
  CHECK(reported(before, after)->report.failed);
}

TEST_CASE(
    "diff reports: equal changes of all platforms are one line for people, each for programs") {
  const auto all = reported(many(1, "1.0"), many(1, "2.0"));
  const std::string text = diff_text(all->report, 0);
  CHECK(text.find("package-10000") == text.rfind("package-10000"));
  CHECK_THAT(text, Contains("[all platforms]"));
  CHECK(json_of(all->report).at("changes").size() == 2);
  CHECK_THAT(diff_markdown(all->report), Contains("`all platforms`"));
}

TEST_CASE("diff reports: a policy sets severities and accepts changes, and what is over is said") {
  DiffLock before;
  before.add("a", "2.0");
  DiffLock after;
  after.add("a", "1.0");
  const auto plain = reported(before, after);
  REQUIRE(plain->report.result.changes.size() == 1);
  CHECK(plain->report.result.changes[0].finding.severity == Severity::warning);
  VerifyPolicy policy;
  policy.severities.push_back({.rule = "downgraded-package", .level = "error", .place = {}});
  const auto stricter = reported(before, after, policy);
  CHECK(stricter->report.result.changes[0].finding.severity == Severity::error);
  Acceptance acceptance;
  acceptance.finding = plain->report.result.changes[0].finding.id;
  acceptance.sha256 = *plain->report.result.changes[0].finding.sha256;
  acceptance.reason = "known";
  acceptance.until = "2026-12-31";
  acceptance.end = parse_instant("2026-12-31").value();
  policy.accepted.push_back(acceptance);
  const auto accepted = reported(before, after, policy);
  CHECK(accepted->report.result.changes.empty());
  CHECK_FALSE(accepted->report.failed);
  CHECK_THAT(diff_text(accepted->report, 0),
             Contains("known") && Contains("(downgraded-package, a became older [linux-64]): "));
  // Other bytes than were accepted are a change again.
  DiffLock other;
  other.add("a", "1.0").sha256 = sha256_of("other");
  CHECK(reported(before, other, policy)->report.failed);
  policy.accepted[0].end = parse_instant("2026-01-01").value();
  CHECK(reported(before, after, policy)->report.failed);
}

TEST_CASE(
    "diff reports: markdown fits into a comment whatever there is, and counts what it leaves out") {
  const auto all = reported(many(3000, "1.0"), many(3000, "2.0"));
  const std::string text = diff_markdown(all->report);
  CHECK(text.size() < 65'000);
  CHECK_THAT(text, Contains("<!-- envlock:diff -->") && Contains("<details>") &&
                       Contains("</details>") && Contains("more, which this text has no room for"));
}

TEST_CASE("diff reports: markdown shows hostile names as code, and its graph has plain labels") {
  DiffLock before = hostile_lock("1.0");
  DiffLock after = hostile_lock("2.0");
  after.lock().inputs.files.front().specs = {"b>=2"};
  const auto all = reported(before, after);
  const std::string text = diff_markdown(all->report);
  for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  std::size_t ticks = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '`') ++ticks;
    // Outside of code there is no markup that is not ours.
    if (ticks % 2 == 0) {
      CHECK(text.compare(at, 4, "<img") != 0);
      CHECK(text.compare(at, 6, "@admin") != 0);
      CHECK(text.compare(at, 4, "[a](") != 0);
    }
  }
  CHECK(ticks % 2 == 0);
}

TEST_CASE("diff reports: hostile text is harmless in every other format") {
  const auto all = reported(hostile_lock("1.0"), hostile_lock("2.0"));
  REQUIRE(all->report.result.changes.size() >= 2);
  const std::string text = diff_text(all->report, 80);
  CHECK(text.find('\x1b') == std::string::npos);
  const std::string xml = diff_junit(all->report);
  CHECK(xml.find("<img") == std::string::npos);
  CHECK(xml.find('\x1b') == std::string::npos);
  const std::string github = diff_github(all->report);
  CHECK(github.find('\x1b') == std::string::npos);
  // One command a line: a line end in a name starts none.
  std::size_t lines = 0;
  for (std::size_t at = 0; at < github.size(); at = github.find('\n', at) + 1) {
    CHECK(github.compare(at, 2, "::") == 0);
    ++lines;
  }
  CHECK(lines == all->report.result.changes.size());
  CHECK_NOTHROW(json_of(all->report));
}

TEST_CASE("diff reports: SARIF has what GitHub asks of it") {
  DiffLock before;
  before.add("a", "1.0");
  DiffLock after;
  after.add("a").sha256 = sha256_of("other");
  auto all = reported(before, after);
  all->report.result.changes[0].file = "envs/envlock.lock";
  all->report.result.changes[0].line = 42;
  const Json sarif = Json::parse(diff_sarif(all->report));
  CHECK(sarif.at("version") == "2.1.0");
  const Json& run = sarif.at("runs").at(0);
  CHECK(run.at("tool").at("driver").at("rules").size() == diff_rules().size());
  const Json& result = run.at("results").at(0);
  CHECK(result.at("ruleId") == "EL106");
  CHECK(run.at("tool")
            .at("driver")
            .at("rules")
            .at(result.at("ruleIndex").get<std::size_t>())
            .at("id") == "EL106");
  for (const Json& rule : run.at("tool").at("driver").at("rules")) {
    const double severity =
        std::stod(rule.at("properties").at("security-severity").get<std::string>());
    CHECK((severity > 0 && severity <= 10));
    for (const char* const text : {"shortDescription", "fullDescription", "help"})
      CHECK_FALSE(rule.at(text).at("text").get<std::string>().empty());
  }
  CHECK(result.at("level") == "error");
  const Json& place = result.at("locations").at(0).at("physicalLocation");
  CHECK(place.at("artifactLocation").at("uri") == "envs/envlock.lock");
  CHECK(place.at("region").at("startLine") == 42);
  CHECK(result.at("partialFingerprints").at("primaryLocationLineHash") ==
        all->report.result.changes[0].finding.id);
  CHECK_THAT(diff_github(all->report),
             Contains("::error file=envs/envlock.lock,line=42,title=envlock%3A other-bytes::"));
  const Json gitlab = Json::parse(diff_gitlab(all->report));
  CHECK(gitlab.at(0).at("severity") == "critical");
  CHECK(gitlab.at(0).at("location").at("path") == "envs/envlock.lock");
  CHECK(gitlab.at(0).at("location").at("lines").at("begin") == 42);
  CHECK_THAT(diff_junit(all->report), Contains("tests=\"2\" failures=\"1\""));
}

TEST_CASE("diff reports: JUnit has what the schemas of Jenkins and Surefire demand") {
  auto all = reported(many(3, "1.0"), many(3, "2.0"));
  const std::string xml = diff_junit(all->report);
  CHECK_THAT(xml,
             Contains("<testsuites name=\"envlock\" tests=\"7\" failures=\"6\" errors=\"0\">") &&
                 Contains("<testsuite name=\"envlock diff\" tests=\"7\" failures=\"6\" "
                          "errors=\"0\" skipped=\"0\">"));
  std::size_t cases = 0;
  for (std::size_t at = 0; (at = xml.find("<testcase ", at)) != std::string::npos; ++at, ++cases) {
    const std::string head = xml.substr(at, xml.find('>', at) - at);
    CHECK_THAT(head, Contains(" classname=\"envlock.diff") && Contains(" name=\"") &&
                         Contains(" time=\"0\""));
    const std::string body = xml.substr(xml.find('>', at), 80);
    CHECK((body.find("<system-out>") != std::string::npos ||
           body.find("<failure type=\"") != std::string::npos));
  }
  CHECK(cases == 7);
}

TEST_CASE("diff reports: GitLab's code quality has its keys, severities and fingerprints") {
  auto all = reported(hostile_lock("1.0"), hostile_lock("2.0"));
  all->report.result.changes[0].file = "/home/somebody/x.lock";
  const Json gitlab = Json::parse(diff_gitlab(all->report));
  REQUIRE(gitlab.size() == all->report.result.changes.size());
  std::set<std::string> fingerprints;
  for (const Json& issue : gitlab) {
    CHECK(issue.size() == 5);
    CHECK_FALSE(issue.at("description").get<std::string>().empty());
    CHECK_FALSE(issue.at("check_name").get<std::string>().empty());
    const std::set<std::string> severities{"info", "minor", "major", "critical", "blocker"};
    CHECK(severities.contains(issue.at("severity").get<std::string>()));
    CHECK(fingerprints.insert(issue.at("fingerprint").get<std::string>()).second);
    // From the repository's top, without "./".
    const auto path = issue.at("location").at("path").get<std::string>();
    CHECK_FALSE((path.empty() || path.starts_with('/') || path.starts_with("./")));
    CHECK(issue.at("location").at("lines").at("begin").get<std::int64_t>() >= 1);
  }
}

TEST_CASE(
    "diff reports: drift says what is not locked, not there or another version, and what ends it") {
  DiffLock lock;
  lock.add("missing");
  lock.add("moved", "1.0");
  DiffLock installed;
  installed.add("extra");
  installed.add("moved", "2.0");
  std::vector<PrefixRecord> records;
  for (const LockedPackage& package : installed.lock().platforms.begin()->second.packages)
    records.emplace_back().record = package.record;
  DiffInput locked = lock.input();
  DiffInput prefix = diff_input_of_prefix(records, Platform::parse("linux-64").value());
  prefix.shown = "/opt/my env";
  Reported all{std::move(locked), std::move(prefix), {}};
  all.report.before = &all.before;
  all.report.after = &all.after;
  CHECK_THROWS_AS(compare(all.after, all.before, {}), InternalError);
  all.report.result = compare(all.before, all.after, {});
  judge(all.report, {}, diff_rules());
  const std::string counts = counts_text(all.report);
  CHECK_THAT(counts, Contains("1 not locked") && Contains("1 not in the prefix") &&
                         Contains("1 newer in the prefix"));
  const std::string text = diff_text(all.report, 0);
  INFO(text);
  CHECK_THAT(text, Contains("+ extra is in the prefix, and not locked: 1.0 0"));
  CHECK_THAT(text, Contains("- missing is locked, and not in the prefix: 1.0 0"));
  CHECK_THAT(text, Contains("moved is newer in the prefix"));
  CHECK_THAT(text, Contains("locked 1.0 0") && Contains("there 2.0 0"));
  CHECK_THAT(text,
             Contains("\nto do install the lock again ('envlock install LOCK -p '/opt/my env'"));
  const std::string markdown = diff_markdown(all.report);
  CHECK_THAT(markdown, Contains("| not locked |") && Contains("| not in the prefix |") &&
                           Contains("| locked | in the prefix |"));
  // Exit 1 is no success.
  CHECK(all.report.failed);
  CHECK_THAT(markdown, Contains("### envlock: ⚠️ ") && !Contains("✅"));
}

TEST_CASE("diff reports: a change of channels is one block, and other bytes stand alone") {
  const DiffLock before = from_channel("old", 20);
  DiffLock after = from_channel("new", 20);
  auto& packages = after.lock().platforms.begin()->second.packages;
  packages[3].record.sha256 = sha256_of("other");
  packages[5].record.version = "2.0";
  packages[5].record.sha256 = sha256_of("2.0");
  const auto all = reported(before, after);
  const std::string head = headline(all->report);
  CHECK_THAT(head, Catch::StartsWith("1 package moves by other releases, 19 come from another "
                                     "channel; 3 need your eyes: ") &&
                       Contains("channel-switch (2)"));
  const std::string text = diff_text(all->report, 0);
  INFO(text);
  CHECK_THAT(text,
             Contains("\nwarning  channels changed: old -> new: 19 packages come from it, 18 "
                      "with the same bytes [linux-64]\n    p105, p100, p101, p102, p104, p106, "
                      "p107, p108 and 11 more\n"));
  CHECK_THAT(text,
             Contains("\nwarning  p103 comes from another channel or folder, with other bytes"));
  CHECK_THAT(text, !Contains("p110"));
  const std::string markdown = diff_markdown(all->report);
  CHECK_THAT(markdown, Contains("19 packages come from it, 18 with the same bytes"));
  CHECK_THAT(markdown, !Contains("p110"));
  // For programs each is told.
  CHECK(json_of(all->report)["changes"].size() > 20);
}

TEST_CASE("diff reports: the same builds from another channel move nothing") {
  const auto all = reported(from_channel("old", 5), from_channel("new", 5));
  CHECK_THAT(headline(all->report),
             Catch::StartsWith("no package moves, 5 come from another channel"));
  CHECK(cause_lines(all->report).empty());
}

TEST_CASE("diff reports: 'most' is more than half, and what a policy ignores is not counted") {
  DiffLock before({"a>=1", "b>=1", "c>=1"});
  DiffLock after({"a>=2", "b>=2", "c>=1"});
  for (const char* const name : {"a", "b", "c"}) {
    before.add(name);
    after.add(name, "2.0");
  }
  CHECK_THAT(headline(reported(before, after)->report),
             Catch::StartsWith("3 packages move, for 3 reasons"));
  after.add("d", "2.0", "0", {});
  before.add("d", "1.0", "0", {"a <2"});
  const std::string head = headline(reported(before, after)->report);
  CHECK_THAT(head, Catch::StartsWith("4 packages move, for 3 reasons"));
  after.add("e");
  CHECK_THAT(headline(reported(before, after)->report), Catch::StartsWith("5 packages move"));
  VerifyPolicy policy;
  policy.severities.push_back({.rule = "added-package", .level = "ignore", .place = {}});
  const auto all = reported(before, after, policy);
  CHECK(headline(all->report) == head);
  std::uint64_t sum = 0;
  for (const DiffCause& cause : all->report.result.causes) sum += cause.packages;
  CHECK(sum == 4);
}

TEST_CASE("diff reports: a reason of one platform is told with it") {
  DiffLock before({"a>=1"});
  DiffLock after({"a>=2"});
  for (const char* const subdir : {"linux-64", "osx-64"}) {
    before.add("a", "1.0", "0", {"b"}, subdir);
    before.add("b", "1.0", "0", {}, subdir);
    after.add("a", std::string(subdir) == "osx-64" ? "2.1" : "2.0", "0", {"b >=2"}, subdir);
    after.add("b", "2.0", "0", {}, subdir);
  }
  const std::string text = diff_text(reported(before, after)->report, 0);
  INFO(text);
  CHECK_THAT(text, Contains("    linux-64: a 2.0 needs 'b >=2'") &&
                       Contains("    osx-64: a 2.1 needs 'b >=2'"));
}

TEST_CASE("diff reports: GitHub shows ten of each level, and the last says how many more") {
  const auto all = reported(from_channel("forge", 1), from_channel("forge", 30));
  const std::string text = diff_github(all->report);
  std::size_t notices = 0;
  for (std::size_t at = text.find("::notice "); at != std::string::npos;
       at = text.find("::notice ", at + 1))
    ++notices;
  INFO(text);
  CHECK(notices == 10);
  CHECK_THAT(text, Contains(" more notes: the report has them"));
}

TEST_CASE("diff reports: Markdown also tells notes that are about no package") {
  DiffLock before;
  DiffLock after;
  before.add("a").size = 1U << 20U;
  after.add("a").size = 1U << 20U;
  after.add("b").size = 50U << 20U;
  const auto all = reported(before, after);
  CHECK_THAT(diff_markdown(all->report),
             Contains("**To know**\n\n- `the download grows by 50.0 MiB`"));
}

TEST_CASE("diff reports: JUnit counts as failures what makes the run fail") {
  auto all = reported(many(2, "1.0"), many(2, "2.0"));
  all->report.fail_on = FailOn::error;
  CHECK_THAT(diff_junit(all->report), Contains("tests=\"5\" failures=\"0\""));
  all->report.fail_on = FailOn::any;
  CHECK_THAT(diff_junit(all->report), Contains("tests=\"5\" failures=\"4\""));
}

TEST_CASE("docs/diff.md: lists each rule with its name, severity and meaning, and no other") {
  std::ifstream in(ENVLOCK_SOURCE_DIR "/docs/diff.md");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = text.find("\n| EL", at)) != std::string::npos; ++at) ++rows;
  CHECK(rows == diff_rules().size());
  for (const Rule& rule : diff_rules()) {
    CHECK_THAT(text, Contains("\n| " + std::string(rule.id) + " | " + std::string(rule.name) +
                              " | " + std::string(to_string(rule.severity)) + " | " +
                              std::string(rule.help) + " |\n"));
  }
}

TEST_CASE("docs/diff.schema.json: has the members that the report writes") {
  DiffLock before;
  before.add("a", "1.0");
  DiffLock after;
  after.add("a", "2.0");
  const auto all = reported(before, after);
  all->report.acceptances.push_back({});
  const Json written = json_of(all->report);
  std::ifstream in(ENVLOCK_SOURCE_DIR "/docs/diff.schema.json");
  const Json schema = Json::parse(in);
  const auto names_of = [](const Json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : object.items()) names.push_back(name);
    return names;
  };
  CHECK(names_of(schema.at("properties")) == names_of(written));
  CHECK(schema.at("required").size() == written.size());
  const Json& change = written.at("changes").at(0);
  CHECK(names_of(schema.at("$defs").at("change").at("properties")) == names_of(change));
  CHECK(names_of(schema.at("$defs").at("package").at("properties")) ==
        names_of(change.at("before")));
  CHECK(names_of(schema.at("$defs").at("input").at("properties")) == names_of(written.at("old")));
}

TEST_CASE("diff reports: text is no wider than the terminal, where words allow it") {
  DiffLock before({"app>=1"});
  before.add("app", "1.0");
  DiffLock after({"app>=2"});
  after.add("app", "2.0", "0", {std::string("a-rather-long-name-of-a-library") + " >=2"});
  after.add("a-rather-long-name-of-a-library", "2.0").license = "";
  const auto all = reported(before, after);
  std::string_view rest;
  const std::string text = diff_text(all->report, 60);
  for (rest = text; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with("    ")) CHECK(line.size() <= 60);
  }
}

}  // namespace envlock::test
