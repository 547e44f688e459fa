#include <algorithm>
#include <utility>

#include "model/text.hpp"
#include "verify/diff/report.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_field_bytes = 1000;

/// Appends text at an indent, broken at spaces so that no line is wider than it may be.
void add_wrapped(std::string& out, std::string_view text, std::size_t indent, std::size_t width) {
  const std::string line = printable(text, max_field_bytes);
  const std::string margin(indent, ' ');
  if (width <= indent + 20) {
    out += margin + line + '\n';
    return;
  }
  std::string_view rest = line;
  std::size_t room = width - indent;
  std::string lead = margin;
  while (rest.size() > room) {
    std::size_t end = rest.rfind(' ', room);
    if (end == std::string_view::npos || end == 0) end = rest.find(' ', room);
    if (end == std::string_view::npos) break;
    out += lead + std::string(rest.substr(0, end)) + '\n';
    rest.remove_prefix(end + 1);
    lead = margin + "  ";
    room = width - indent - 2;
  }
  out += lead + std::string(rest) + '\n';
}

char sign_of(const Change& change) {
  switch (change.kind) {
    case ChangeKind::added:
      return '+';
    case ChangeKind::removed:
      return '-';
    case ChangeKind::bytes:
      return '!';
    default:
      return '~';
  }
}

/// What the two sides are called: "was" and "is", or "locked" and "there".
std::pair<std::string_view, std::string_view> side_names(const DiffReport& report) {
  if (!report.result.drift) return {"was", "is"};
  return {"locked", "there"};
}

std::string move_text(const DiffReport& report, const Change& change) {
  const Finding& finding = change.finding;
  if (finding.expected.empty()) return finding.found;
  if (finding.found.empty()) return finding.expected;
  if (report.result.drift) {
    const auto [before, after] = side_names(report);
    return std::string(before) + ' ' + finding.expected + ", " + std::string(after) + ' ' +
           finding.found;
  }
  return finding.expected + " -> " + finding.found;
}

/// "was   1.0": a word, and what stands in a column of its own.
std::string labelled(std::string_view label, std::string_view text) {
  std::string line(label);
  line.resize(std::max<std::size_t>(label.size() + 1, 6), ' ');
  return line += text;
}

void add_eyes(std::string& out, const DiffReport& report, const FoldedChange& folded,
              std::size_t width) {
  const Change& change = *folded.change;
  const std::string platforms = platforms_text(folded);
  std::string line(to_string(change.finding.severity));
  line.resize(9, ' ');
  out += line;
  const bool is_block = !folded.message.empty();
  std::string rest = printable(is_block ? folded.message : change.finding.message, max_field_bytes);
  if (!platforms.empty()) rest += " [" + platforms + ']';
  out += rest + '\n';
  if (is_block) {
    add_wrapped(out, folded.names, 4, width);
    add_wrapped(out, "to do " + change.finding.advice, 4, width);
    add_wrapped(out, "id    one for each package: --json has them", 4, width);
    return;
  }
  const bool tells_more = change.finding.message.find(change.finding.found) == std::string::npos ||
                          change.finding.message.find(change.finding.expected) == std::string::npos;
  if (tells_more && change.kind != ChangeKind::platform) {
    const auto [before, after] = side_names(report);
    if (!change.finding.expected.empty())
      add_wrapped(out, labelled(before, change.finding.expected), 4, width);
    if (!change.finding.found.empty())
      add_wrapped(out, labelled(after, change.finding.found), 4, width);
  }
  for (const std::string& why : folded.why) add_wrapped(out, "why   " + why, 4, width);
  add_wrapped(out, "to do " + change.finding.advice, 4, width);
  add_wrapped(out, "id    " + change.finding.id, 4, width);
}

void add_acceptances(std::string& out, const DiffReport& report) {
  for (const AcceptanceUse& use : report.acceptances) {
    if (use.state == AcceptanceUse::State::unused) continue;
    out += "acceptance of " + printable(use.acceptance.finding) +
           printable(accepted_text(report, use), max_field_bytes) + ": " +
           std::string(to_string(use.state)) + ", until " + printable(use.acceptance.until) + ": " +
           printable(use.acceptance.reason, max_field_bytes) + '\n';
  }
}

}  // namespace

std::string diff_text(const DiffReport& report, std::size_t width) {
  std::string out;
  add_wrapped(out, report.before->shown + " -> " + report.after->shown + ": " + headline(report), 0,
              width);
  if (const std::string counts = counts_text(report); !counts.empty())
    add_wrapped(out, counts, 0, width);
  const std::vector<std::string> causes = cause_lines(report);
  if (causes.size() > 1 && !report.result.drift) {
    for (const std::string& cause : causes) add_wrapped(out, cause, 2, width);
  }
  const std::vector<FoldedChange> folded = fold(report);
  bool has_notes = false;
  std::size_t name_width = 0;
  for (const FoldedChange& one : folded) {
    if (one.change->finding.severity != Severity::note) {
      out += '\n';
      add_eyes(out, report, one, width);
    } else {
      has_notes = true;
      name_width = std::max(name_width, one.change->name.size());
    }
  }
  if (has_notes) out += '\n';
  for (const FoldedChange& one : folded) {
    const Change& change = *one.change;
    if (change.finding.severity != Severity::note) continue;
    std::string line{sign_of(change), ' '};
    const std::string platforms = platforms_text(one);
    if (!one.message.empty()) {
      line += printable(one.message + ": " + one.names, max_field_bytes);
    } else if (report.result.drift) {
      line += printable(change.finding.message, max_field_bytes) + ": " +
              printable(move_text(report, change), max_field_bytes);
    } else if (change.before == nullptr && change.after == nullptr) {
      line += printable(change.finding.message, max_field_bytes);
    } else {
      std::string name = printable(change.name);
      name.resize(std::max(name.size(), std::min<std::size_t>(name_width, 40)), ' ');
      line += name + "  " + printable(move_text(report, change), max_field_bytes);
      if (change.kind == ChangeKind::metadata)
        line += " (" + printable(change.finding.message, max_field_bytes) + ')';
    }
    if (!platforms.empty() && (!one.everywhere || report.result.totals.size() > 1))
      line += "  [" + platforms + ']';
    out += line + '\n';
    for (const std::string& why : one.why) add_wrapped(out, why, 4, width);
  }
  // Notes of drift share what ends it, and are told it once.
  const bool drifts_by_notes = report.result.drift && !folded.empty() &&
                               folded.front().change->finding.severity == Severity::note;
  if (drifts_by_notes) add_wrapped(out, "to do " + folded.front().change->finding.advice, 0, width);
  if (!folded.empty() && folded.front().change->finding.severity != Severity::note)
    add_wrapped(
        out,
        "to accept one: this with --json -o diff.json, then envlock accept ID --reason TEXT "
        "--until DATE --report diff.json",
        0, width);
  add_acceptances(out, report);
  if (report.ignored > 0) out += "ignored by envlock.yml: " + std::to_string(report.ignored) + '\n';
  for (const std::string& note : report.result.notes) add_wrapped(out, "note: " + note, 0, width);
  return out;
}

}  // namespace envlock
