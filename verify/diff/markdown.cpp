#include <algorithm>
#include <map>
#include <set>

#include "model/text.hpp"
#include "verify/diff/report.hpp"
#include "verify/report/markup.hpp"

namespace envlock {
namespace {

/// GitHub takes comments up to 65,536 characters; GitLab and Gitea more.
constexpr std::size_t max_bytes = 60'000;
constexpr std::size_t max_graph_nodes = 30;

/// As many rows as there is room for, and how many more there are.
class Table {
 public:
  Table(std::string& out, std::size_t room) : out_(out), room_(room) {}

  void add(const std::string& row) {
    if (hidden_ > 0 || out_.size() + row.size() > room_) {
      ++hidden_;
      return;
    }
    out_ += row;
  }
  void end() const {
    if (hidden_ > 0)
      out_ += "\nand " + std::to_string(hidden_) + " more, which this text has no room for.\n";
  }

 private:
  std::string& out_;
  std::size_t room_;
  std::size_t hidden_ = 0;
};

std::string_view kind_text(const Change& change) {
  switch (change.kind) {
    case ChangeKind::upgraded:
      return "newer";
    case ChangeKind::downgraded:
      return "**older**";
    case ChangeKind::build:
      return "other build";
    case ChangeKind::bytes:
      return "**other bytes**";
    case ChangeKind::archive:
      return "other archive";
    case ChangeKind::metadata:
      return "metadata hotfix";
    case ChangeKind::channel:
      return "**other channel**";
    case ChangeKind::manager:
      return "**other manager**";
    default:
      return to_string(change.kind);
  }
}

std::string why_cell(const FoldedChange& folded) {
  std::string text;
  for (const std::string& why : folded.why)
    text += (text.empty() ? "" : "<br>") + markdown_cell(why);
  return text;
}

std::string eyes_row(const FoldedChange& folded) {
  const Change& change = *folded.change;
  const Rule* const rule = find_rule(diff_rules(), change.finding.rule);
  const bool is_block = !folded.message.empty();
  const std::string_view mark = change.finding.severity == Severity::error ? "🛑" : "⚠️";
  return "| " + std::string(mark) + ' ' +
         (rule == nullptr ? change.finding.rule : std::string(rule->name)) + " | " +
         (is_block ? markdown_cell(folded.message) + "<br>" + markdown_cell(folded.names)
                   : markdown_cell(change.finding.message)) +
         " | " + markdown_cell(is_block ? folded.was : change.finding.expected) + " | " +
         markdown_cell(is_block ? folded.is : change.finding.found) + " | " +
         markdown_cell(platforms_text(folded)) + " | " + markdown_cell(change.finding.advice) +
         " | " + markdown_cell(is_block ? "one each: --json" : change.finding.id) + " |\n";
}

std::string package_row(const DiffReport& report, const FoldedChange& folded) {
  const Change& change = *folded.change;
  if (!folded.message.empty()) {
    return "| " + markdown_cell(counted(folded.packages, "package")) + " | " +
           std::string(kind_text(change)) + " | " + markdown_cell(folded.was) + " | " +
           markdown_cell(folded.is) + " | " + markdown_cell(platforms_text(folded)) + " | " +
           markdown_cell(folded.names) + " |\n";
  }
  const bool asked = (change.after != nullptr && change.after->requested) ||
                     (change.after == nullptr && change.before->requested);
  const std::string_view drift = drift_text(report, change.kind);
  return "| " + markdown_cell(change.name) + (asked ? " *" : "") + " | " +
         std::string(drift.empty() ? kind_text(change) : drift) + " | " +
         markdown_cell(change.finding.expected) + " | " + markdown_cell(change.finding.found) +
         " | " + markdown_cell(platforms_text(folded)) + " | " + why_cell(folded) + " |\n";
}

/// What Mermaid shows as it is; its own characters and all markup fall away.
std::string label(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,_-+=<>!*'";
  std::string out;
  for (const char c : printable(text, 80)) {
    if (plain.find(c) == std::string_view::npos) {
      out += ' ';
    } else if (c == '<') {
      out += "#lt;";
    } else if (c == '>') {
      out += "#gt;";
    } else {
      out += c;
    }
  }
  return out;
}

/// A graph from what set packages off to those that moved.
std::string graph(const DiffReport& report) {
  std::map<std::string_view, std::set<std::string_view>> moved;
  for (const Change& change : report.result.changes) {
    if (!change.cause.empty() && change.cause != "other releases")
      moved[change.cause].insert(change.name);
  }
  std::size_t size = moved.size();
  for (const auto& [cause, names] : moved) size += names.size();
  if (moved.empty() || size > max_graph_nodes) return {};
  std::string out = "\n```mermaid\nflowchart LR\n";
  std::size_t number = 0;
  for (const auto& [cause, names] : moved) {
    const std::string from = "c" + std::to_string(number++);
    out += "  " + from + "([\"" + label(cause) + "\"])\n";
    for (const std::string_view name : names)
      out += "  " + from + " --> p" + std::to_string(number++) + "[\"" + label(name) + "\"]\n";
  }
  return out + "```\n";
}

/// The heads of the columns of what both sides have.
std::string side_heads(const DiffReport& report) {
  return report.result.drift ? "locked | in the prefix" : "before | after";
}

void add_packages(std::string& out, const DiffReport& report,
                  const std::vector<FoldedChange>& folded) {
  std::vector<const FoldedChange*> rows;
  for (const FoldedChange& one : folded) {
    const Change& change = *one.change;
    const bool is_package = change.before != nullptr || change.after != nullptr;
    if (is_package && change.kind != ChangeKind::risk) rows.push_back(&one);
  }
  if (rows.empty()) return;
  const auto is_asked = [](const FoldedChange* row) {
    const Change& change = *row->change;
    return (change.after != nullptr && change.after->requested) ||
           (change.before != nullptr && change.before->requested);
  };
  // What was asked for stands first: a reviewer knows those names.
  std::stable_partition(rows.begin(), rows.end(), is_asked);
  constexpr std::size_t open_rows = 10;
  const bool folds = rows.size() > open_rows;
  out += folds
             ? "\n<details><summary>" + counted(rows.size(), "change") + " of packages</summary>\n"
             : "\n";
  out += "\n| package | change | " + side_heads(report) +
         " | platforms | why |\n|---|---|---|---|---|---|\n";
  Table table(out, max_bytes);
  for (const FoldedChange* const row : rows) table.add(package_row(report, *row));
  table.end();
  out += "\n\\* asked for by name.\n";
  if (folds) out += "\n</details>\n";
}

}  // namespace

std::string diff_markdown(const DiffReport& report) {
  // By this a robot finds the comment that it is to replace.
  std::string out = "<!-- envlock:diff -->\n### envlock: ";
  const std::vector<FoldedChange> folded = fold(report);
  std::size_t errors = 0;
  std::size_t eyes = 0;
  for (const FoldedChange& one : folded) {
    errors += one.change->finding.severity == Severity::error ? 1U : 0U;
    eyes += one.change->finding.severity != Severity::note ? 1U : 0U;
  }
  out += errors > 0                                           ? "🛑 "
         : eyes > 0 || (report.result.drift && report.failed) ? "⚠️ "
                                                              : "✅ ";
  out += markdown_code(headline(report)) + "\n\n" + markdown_code(report.before->shown) + " → " +
         markdown_code(report.after->shown);
  if (const std::string counts = counts_text(report); !counts.empty()) out += ": " + counts;
  out += ".\n";
  const std::vector<std::string> causes = cause_lines(report);
  if (causes.size() > 1 && !report.result.drift) {
    out += '\n';
    constexpr std::size_t most = 10;
    for (std::size_t i = 0; i < std::min(causes.size(), most); ++i)
      out += "- " + markdown_code(causes[i]) + '\n';
    if (causes.size() > most) out += "- and " + std::to_string(causes.size() - most) + " more\n";
  }
  if (eyes > 0) {
    out += "\n| needs your eyes | what | " +
           (report.result.drift ? side_heads(report) : "was | is") +
           " | platforms | next step | id |\n|---|---|---|---|---|---|---|\n";
    Table table(out, max_bytes / 2);
    for (const FoldedChange& one : folded) {
      if (one.change->finding.severity != Severity::note) table.add(eyes_row(one));
    }
    table.end();
  }
  std::string question;
  std::string notes;
  for (const FoldedChange& one : folded) {
    const Change& change = *one.change;
    const bool is_question = change.kind == ChangeKind::question ||
                             change.kind == ChangeKind::rules ||
                             change.kind == ChangeKind::platform;
    if (change.finding.severity != Severity::note ||
        (!is_question && change.kind != ChangeKind::risk))
      continue;
    std::string& list = is_question ? question : notes;
    if (list.size() > max_bytes / 12) continue;
    const std::string platforms = is_question ? "" : platforms_text(one);
    list += "- " + markdown_code(change.finding.message) +
            (platforms.empty() ? "" : " (" + markdown_code(platforms) + ')') + '\n';
  }
  if (!question.empty()) out += "\n**What is asked for**\n\n" + question;
  if (!notes.empty()) out += "\n**To know**\n\n" + notes;
  const std::string why = graph(report);
  if (out.size() + why.size() < max_bytes / 2) out += why;
  add_packages(out, report, folded);
  for (const AcceptanceUse& use : report.acceptances) {
    if (use.state == AcceptanceUse::State::unused || out.size() > max_bytes + 3000) continue;
    out += "\nAcceptance of " + markdown_code(use.acceptance.finding + accepted_text(report, use)) +
           ": " + std::string(to_string(use.state)) + ", until " +
           markdown_code(use.acceptance.until) + ": " + markdown_code(use.acceptance.reason) + '\n';
  }
  for (const std::string& note : report.result.notes) {
    if (out.size() < max_bytes + 4000) out += "\n> " + markdown_code(note) + '\n';
  }
  return out;
}

}  // namespace envlock
