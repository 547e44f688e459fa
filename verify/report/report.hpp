#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/digest.hpp"
#include "model/json_writer.hpp"
#include "model/time.hpp"
#include "verify/policy.hpp"
#include "verify/prefix_check.hpp"

// Reports are pure: what was found in, text out. Everything in them may come from outside (names of
// files, of packages, reasons) and is escaped for the format: no markup, link, mention, terminal
// sequence or label can be smuggled in (T15).

namespace envlock {

/// All that a report tells.
struct VerifyReport {
  std::string version;  ///< Of envlock.
  std::string prefix;   ///< As the user named it.
  std::string against;  ///< "baseline FILE", "lock FILE" or "its own records".
  std::string input;    ///< The file of `against`; empty: none.
  std::optional<Sha256> input_sha256;
  std::string signed_by;  ///< Key id and trusted comment of the signature that was checked.
  std::string no_proof;   ///< Why a clean verdict proves nothing; empty where it does.
  /// What "LOCK" in next steps stands for; empty: they name the lock.
  std::string lock_meant;
  VerifyResult result;  ///< Without its findings, which are judged.
  JudgedFindings judged;
  FailOn fail_on = FailOn::any;  ///< From where on findings make the run fail.
  bool failed = false;
  bool names_counted = false;  ///< The text names what it counts and is no finding.
  /// Where the prefix lies: absolute, for machines that compare runs; empty: as `prefix`.
  std::string place;
  std::optional<Instant> now;  ///< Where acceptances were held against it.
  std::span<const Rule> rules;
  /// The line of `input` that says what a finding's place must be; empty: not known.
  std::function<std::size_t(const Finding&)> line_of;
};

/// A run that came to no verdict.
struct FailedRun {
  std::string version;     ///< Of envlock.
  std::string prefix;      ///< As the user named it.
  std::string place = {};  ///< As VerifyReport::place.
  int exit_code = 0;
  std::string message, hint;
  Instant ran_at{0};
};

std::string prometheus_failure(const FailedRun& run);
std::string junit_failure(const FailedRun& run);
std::string sarif_failure(const FailedRun& run);
std::string markdown_failure(const FailedRun& run);
/// What is written where a report was asked for and none could be made, so that nobody takes the
/// report of an earlier run for this one's.
/// @param format  as `--format`, but json
std::string failure_report(std::string_view format, const FailedRun& run);

struct SeverityCounts {
  std::uint64_t errors = 0, warnings = 0, notes = 0;
};
SeverityCounts count_by_severity(const VerifyReport& report) noexcept;

/// The verdict in one line: clean or not, with counts.
std::string verdict_line(const VerifyReport& report);

/// Lines for people, for a terminal or a log; ends with a line end.
std::string text_report(const VerifyReport& report);

/// The members of `result` (docs/verify.schema.json), into an open object.
void write_json_report(JsonWriter& json, const VerifyReport& report);

/// SARIF 2.1.0, as GitHub and others take it: at most 25,000 results, the worst first.
std::string sarif_report(const VerifyReport& report);

/// JUnit's XML: one test case for the whole, one for each finding.
std::string junit_report(const VerifyReport& report);

/// GitHub's Markdown, below 65,536 characters, for a comment or a job summary.
std::string markdown_report(const VerifyReport& report);

/// For the text-file collector of Prometheus' node_exporter.
/// @param ran_at  the time of the run
std::string prometheus_report(const VerifyReport& report, Instant ran_at);

/// "not proved: 3 files of byte code, 1 other file system"; empty where there is nothing.
std::string counts_line(std::string_view what, const std::map<std::string, std::uint64_t>& counts);

/// "1.5 GiB", of bytes.
std::string size_text(std::uint64_t bytes);

}  // namespace envlock
