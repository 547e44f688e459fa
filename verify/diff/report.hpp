#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/json_writer.hpp"
#include "model/time.hpp"
#include "verify/diff/compare.hpp"
#include "verify/policy.hpp"

// Reports of `diff` are pure: a result in, text out. docs/diff.md shows them.

namespace envlock {

/// All that a report tells.
struct DiffReport {
  std::string version;  ///< Of envlock.
  const DiffInput* before = nullptr;
  const DiffInput* after = nullptr;
  DiffResult result;  ///< After the policy: severities are its, what is accepted is gone.
  std::vector<AcceptanceUse> acceptances;
  std::map<std::string, std::string> accepted = {};  ///< What acceptances accept, by its id.
  std::uint64_t ignored = 0;  ///< Left out because their rule is set to 'ignore'.
  bool failed = false;
  FailOn fail_on = FailOn::any;
  Instant now;
};

/// Applies envlock.yml's severities and acceptances to a result, and says whether it fails.
/// @param known_rules  of all commands: a policy may speak of any
/// @throws InputError as `apply_policy`
void judge(DiffReport& report, const VerifyPolicy& policy, std::span<const Rule> known_rules);

/// Equal changes of several platforms, told once.
struct FoldedChange {
  const Change* change = nullptr;      ///< The first of them.
  std::vector<std::string> platforms;  ///< Sorted; empty: it is about none.
  bool everywhere = false;             ///< On each platform that both sides have.
  std::vector<std::string> why = {};   ///< What holds of one platform alone begins with it.
  /// Where it stands for many packages that come from one other channel: how many, which channels,
  /// which packages. Empty: it is one change.
  std::size_t packages = 1;
  std::string message = {}, was = {}, is = {}, names = {};
};

/// Worst first, then the order of the result. Packages that come from one other channel with the
/// bytes that they had, or as other versions, are told together from the third on.
std::vector<FoldedChange> fold(const DiffReport& report);

/// "linux-64, osx-64", "all platforms"; empty where it is about none.
std::string platforms_text(const FoldedChange& change);

/// What a reviewer reads first: "12 packages move because you changed 'a' to 'b'; 1 needs your
/// eyes: a link script".
std::string headline(const DiffReport& report);

/// What a change is where a prefix is held against a document: "not locked", "newer in the prefix".
/// Empty where the two are a plan, or the kind says it all.
std::string_view drift_text(const DiffReport& report, ChangeKind kind);

/// " (link-script, a brings x)": what an acceptance accepts; empty where that is not there.
std::string accepted_text(const DiffReport& report, const AcceptanceUse& use);

/// What moved packages, one line each, most first: "10 packages move because you asked for 'b'".
std::vector<std::string> cause_lines(const DiffReport& report);

/// "+2 added, -1 removed, 5 newer, ...", "download grew by 12.0 MiB".
std::string counts_text(const DiffReport& report);

/// @param width  columns; long lines are wrapped. 0: they are not
std::string diff_text(const DiffReport& report, std::size_t width);
/// One comment of a pull request, below 65,000 characters, with a mark by which a robot finds it.
std::string diff_markdown(const DiffReport& report);
/// The members of `result` (docs/diff.schema.json), into an open object.
void write_diff_json(JsonWriter& json, const DiffReport& report);
std::string diff_sarif(const DiffReport& report);
/// GitHub's workflow commands, one a line, worst first: ten of each level, since no more are shown;
/// the last says how many more there are.
std::string diff_github(const DiffReport& report);
std::string diff_junit(const DiffReport& report);
/// GitLab's code quality report.
std::string diff_gitlab(const DiffReport& report);

}  // namespace envlock
