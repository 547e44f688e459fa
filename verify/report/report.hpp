#pragma once

#include <cstdint>
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
  VerifyResult result;    ///< Without its findings, which are judged.
  JudgedFindings judged;
  bool failed = false;
  std::optional<Instant> now;  ///< Where acceptances were held against it.
  std::span<const Rule> rules;
};

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

/// "1.5 GiB", of bytes.
std::string size_text(std::uint64_t bytes);

}  // namespace envlock
