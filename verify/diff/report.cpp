#include "verify/diff/report.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "model/text.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

bool needs_eyes(const Change& change) { return change.finding.severity != Severity::note; }

std::string packages_move(std::uint64_t count) {
  return counted(count, "package") + (count == 1 ? " moves" : " move");
}

/// Packages whose change is one of `kinds`, each once over platforms.
template <class Test>
std::uint64_t count_names(const DiffReport& report, Test test) {
  std::set<std::string_view> names;
  for (const Change& change : report.result.changes) {
    if (test(change)) names.insert(change.name);
  }
  return names.size();
}

std::string reason_text(const std::string& cause) {
  return cause.starts_with("other releases") ? "by " + cause : "because " + cause;
}

}  // namespace

void judge(DiffReport& report, const VerifyPolicy& policy, std::span<const Rule> known_rules) {
  std::vector<Finding> findings;
  for (const Change& change : report.result.changes) findings.push_back(change.finding);
  JudgedFindings judged = apply_policy(std::move(findings), policy, report.now, known_rules);
  std::map<std::string, const Finding*> left;
  for (const Finding& finding : judged.findings) left.emplace(finding.id, &finding);
  std::erase_if(report.result.changes, [&](Change& change) {
    const auto found = left.find(change.finding.id);
    if (found == left.end()) {
      const Rule* const rule = find_rule(diff_rules(), change.finding.rule);
      report.accepted[change.finding.id] =
          (rule == nullptr ? change.finding.rule : std::string(rule->name)) + ", " +
          change.finding.message + (change.platform.empty() ? "" : " [" + change.platform + ']');
      return true;
    }
    change.finding = *found->second;
    return false;
  });
  report.result.causes = count_causes(report.result.changes);
  report.acceptances = std::move(judged.acceptances);
  report.ignored = judged.ignored;
  report.failed = fails(judged.findings, report.fail_on);
}

std::string_view drift_text(const DiffReport& report, ChangeKind kind) {
  if (!report.result.drift) return {};
  switch (kind) {
    case ChangeKind::added:
      return "not locked";
    case ChangeKind::removed:
      return "not in the prefix";
    case ChangeKind::upgraded:
      return "newer in the prefix";
    case ChangeKind::downgraded:
      return "older in the prefix";
    default:
      return {};
  }
}

std::string accepted_text(const DiffReport& report, const AcceptanceUse& use) {
  const auto what = report.accepted.find(use.acceptance.finding);
  return what == report.accepted.end() ? "" : " (" + what->second + ')';
}

std::vector<std::string> cause_lines(const DiffReport& report) {
  std::vector<std::string> lines;
  for (const DiffCause& cause : report.result.causes)
    lines.push_back(packages_move(cause.packages) + ' ' + reason_text(cause.text));
  return lines;
}

std::string headline(const DiffReport& report) {
  const auto moves = count_names(report, [](const Change& change) { return is_move(change.kind); });
  const auto switches =
      count_names(report, [](const Change& change) { return change.kind == ChangeKind::channel; });
  const std::vector<DiffCause>& causes = report.result.causes;
  std::string text;
  if (report.result.changes.empty()) {
    text = report.result.drift ? "the prefix has the packages of the lock" : "nothing changed";
  } else if (report.result.drift) {
    text = counted(count_names(report, [](const Change&) { return true; }), "package") +
           " drifted from the lock";
  } else if (moves == 0) {
    text = "no package moves";
  } else {
    text = packages_move(moves);
    if (causes.size() == 1) {
      text += ' ' + reason_text(causes.front().text);
    } else if (causes.size() > 1 && causes.front().packages * 2 > moves) {
      text += ", most " + reason_text(causes.front().text);
    } else if (causes.size() > 1) {
      text += ", for " + counted(causes.size(), "reason");
    }
  }
  if (switches > 0 && !report.result.drift)
    text += ", " + std::to_string(switches) +
            (switches == 1 ? " comes from another channel" : " come from another channel");
  std::set<std::tuple<std::string_view, std::string_view>> eyes;
  std::map<std::string_view, std::uint64_t> rules;
  for (const FoldedChange& folded : fold(report)) {
    const Change& change = *folded.change;
    if (!needs_eyes(change)) continue;
    // Packages that are told together are one thing to look at.
    if (folded.message.empty() && !eyes.emplace(change.finding.rule, change.name).second) continue;
    if (!folded.message.empty()) eyes.emplace(change.finding.rule, folded.change->finding.id);
    const Rule* const rule = find_rule(diff_rules(), change.finding.rule);
    if (rule != nullptr) ++rules[rule->name];
  }
  if (report.result.drift || eyes.empty()) return text;
  std::string what;
  for (const auto& [rule, count] : rules) {
    what += (what.empty() ? "" : ", ") + std::string(rule) +
            (count > 1 ? " (" + std::to_string(count) + ')' : std::string());
  }
  return text + "; " + std::to_string(eyes.size()) + (eyes.size() == 1 ? " needs" : " need") +
         " your eyes: " + what;
}

std::string counts_text(const DiffReport& report) {
  struct Count {
    ChangeKind kind;
    std::string_view text;
  };
  std::string out;
  for (const Count& one :
       {Count{ChangeKind::added, "added"}, Count{ChangeKind::removed, "removed"},
        Count{ChangeKind::upgraded, "newer"}, Count{ChangeKind::downgraded, "older"},
        Count{ChangeKind::build, "other build"}, Count{ChangeKind::bytes, "OTHER BYTES"},
        Count{ChangeKind::archive, "other archive"}, Count{ChangeKind::channel, "other channel"},
        Count{ChangeKind::manager, "other manager"},
        Count{ChangeKind::metadata, "metadata hotfix"}}) {
    const auto count =
        count_names(report, [&](const Change& change) { return change.kind == one.kind; });
    if (count == 0) continue;
    const std::string_view drift = drift_text(report, one.kind);
    out += (out.empty() ? "" : ", ") + std::to_string(count) + ' ' +
           std::string(drift.empty() ? one.text : drift);
  }
  std::int64_t grown = 0;
  std::string_view where;
  for (const auto& [platform, totals] : report.result.totals) {
    if (totals.bytes_before == 0 || totals.bytes_after == 0) continue;
    const auto delta = static_cast<std::int64_t>(totals.bytes_after) -
                       static_cast<std::int64_t>(totals.bytes_before);
    // Of several platforms the one that changes most is told.
    if (std::abs(delta) <= std::abs(grown)) continue;
    grown = delta;
    where = platform;
  }
  if (grown != 0 && !report.result.drift) {
    out += (out.empty() ? "" : "; ") + std::string("download ") +
           (grown > 0 ? "grows by " : "shrinks by ") +
           size_text(static_cast<std::uint64_t>(std::abs(grown)));
    if (report.result.totals.size() > 1) out += " on " + std::string(where);
  }
  return out;
}

}  // namespace envlock
