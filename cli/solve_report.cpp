#include "cli/solve_report.hpp"
#include "model/shell_word.hpp"

#include <algorithm>

#include "cli/solve_pypi.hpp"

namespace envlock {
namespace {

constexpr std::size_t shown_changes = 40;  // a screen; -v shows all

std::string count_of(std::size_t number, const std::string& what) {
  return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

std::string label(const PackageRecord& record) { return record.version + ' ' + record.build; }

const LockPlatform* platform_of(const std::optional<Lockfile>& lock, const Platform& platform) {
  if (!lock) return nullptr;
  const auto found = lock->platforms.find(platform);
  return found == lock->platforms.end() ? nullptr : &found->second;
}

Line change_line(const PackageChange& change) {
  if (change.before == nullptr) {
    return Line("  ")
        .add("+ ", Tone::good)
        .add(change.name())
        .add(" " + label(change.after->record), Tone::dim);
  }
  if (change.after == nullptr) {
    return Line("  ")
        .add("- ", Tone::bad)
        .add(change.name())
        .add(" " + label(change.before->record), Tone::dim);
  }
  const PackageRecord& before = change.before->record;
  const PackageRecord& after = change.after->record;
  Line line("  ");
  line.add("~ ", Tone::warn).add(change.name()).add(" ");
  if (before.version != after.version) {
    line.add(before.version + " -> " + after.version);
  } else if (before.build != after.build) {
    line.add(before.version + "  build " + before.build + " -> " + after.build);
  } else if (change.before->channel != change.after->channel) {
    line.add(label(before) + "  channel " + change.before->channel + " -> " +
             change.after->channel);
  } else {
    line.add(label(before) + "  same version and build, OTHER BYTES", Tone::bad);
  }
  return line;
}

void print_new_platform(Console& console, const Platform& platform, const LockPlatform& locked) {
  console.out(Line(platform.subdir()).add(": " + count_of(locked.packages.size(), "package")));
  for (const LockedPackage& package : locked.packages) {
    if (package.requested)
      console.out(Line("  ").add(package.record.name).add(" " + label(package.record), Tone::dim));
  }
}

void print_changes(Console& console, const Platform& platform, const LockPlatform& locked,
                   const std::vector<PackageChange>& changes, const LockOutcome& outcome) {
  std::string head = platform.subdir() + ": " + count_of(locked.packages.size(), "package") + ", ";
  if (changes.empty()) {
    console.out(head + "none moved");
    return;
  }
  head += count_of(changes.size(), "package") + " moved";
  if (!outcome.ask->update_all)
    head += ", " + std::to_string(count_unrelated(changes, outcome.causes)) + " unrelated";
  console.out(head);
  const std::size_t limit = console.settings().verbosity > 0 ? changes.size() : shown_changes;
  for (std::size_t i = 0; i < std::min(limit, changes.size()); ++i)
    console.out(change_line(changes[i]));
  if (changes.size() > limit)
    console.out("  ... and " + std::to_string(changes.size() - limit) + " more (-v shows all)");
}

void write_package(JsonWriter& json, const LockedPackage& package) {
  const PackageRecord& record = package.record;
  json.begin_object()
      .member("name", record.name)
      .member("version", record.version)
      .member("build", record.build);
  json.member("channel", package.channel).member("subdir", record.subdir).member("fn", record.fn);
  json.member("sha256", record.sha256->hex()).member("requested", package.requested).end_object();
}

/// " --exclude-newer TIME" where that was an option of this run: neither envlock.yml nor the lock
/// says it.
std::string cutoff_option(const SolveAsk& ask) {
  if (ask.project && ask.project->project.exclude_newer) return {};
  const auto asked = [](const std::optional<ExcludeNewer>& one) {
    return one ? one->asked : std::string();
  };
  const std::string now = asked(ask.inputs.exclude_newer);
  if (now == (ask.existing ? asked(ask.existing->inputs.exclude_newer) : std::string())) return {};
  return " --exclude-newer " + (now.empty() ? "none" : shell_word(now));
}

/// The command that makes the lock answer; empty where it does.
std::string next_step(const SolveAsk& ask, const CheckResult& result) {
  if (result.findings.empty()) return {};
  return "envlock solve" + (ask.environment.empty() ? "" : " -e " + shell_word(ask.environment)) +
         cutoff_option(ask);
}

}  // namespace

void print_outcome(Console& console, const LockOutcome& outcome) {
  const SolveAsk& ask = *outcome.ask;
  if (!ask.environment.empty())
    console.out(Line().add("environment '" + ask.environment + "'", Tone::bold));
  if (ask.existing) {
    for (const auto& [platform, locked] : ask.existing->platforms) {
      if (outcome.lock.platforms.contains(platform)) continue;
      console.out(
          Line().add(platform.subdir() + ": no longer locked, since 'platforms:' does not name it",
                     Tone::warn));
    }
  }
  for (const auto& [platform, locked] : outcome.lock.platforms) {
    if (const LockPlatform* before = platform_of(ask.existing, platform)) {
      print_changes(console, platform, locked, changes_between(before, locked), outcome);
    } else {
      print_new_platform(console, platform, locked);
    }
    print_pypi(console, platform_of(ask.existing, platform), locked);
  }
  switch (outcome.fate) {
    case LockOutcome::Fate::written:
      console.out(Line(ask.lock_shown).add(ask.existing ? ": updated" : ": written"));
      break;
    case LockOutcome::Fate::unchanged:
      console.out(Line(ask.lock_shown).add(": already up to date"));
      break;
    case LockOutcome::Fate::dry_run:
      console.out(Line(ask.lock_shown).add(": not written (--dry-run)"));
      break;
  }
}

void write_outcome(JsonWriter& json, const LockOutcome& outcome) {
  const SolveAsk& ask = *outcome.ask;
  json.member("lockfile", ask.lock_shown);
  json.member("written", outcome.fate == LockOutcome::Fate::written);
  json.member("complete", outcome.lock.complete);
  json.key("platforms").begin_object();
  for (const auto& [platform, locked] : outcome.lock.platforms) {
    const std::vector<PackageChange> changes =
        changes_between(platform_of(ask.existing, platform), locked);
    json.key(platform.subdir()).begin_object();
    json.key("packages").begin_array();
    for (const LockedPackage& package : locked.packages) write_package(json, package);
    json.end_array();
    json.key("added").begin_array();
    for (const PackageChange& change : changes) {
      if (change.before == nullptr) write_package(json, *change.after);
    }
    json.end_array();
    json.key("removed").begin_array();
    for (const PackageChange& change : changes) {
      if (change.after == nullptr) write_package(json, *change.before);
    }
    json.end_array();
    json.key("changed").begin_array();
    for (const PackageChange& change : changes) {
      if (change.before == nullptr || change.after == nullptr) continue;
      json.begin_object().member("name", change.name()).key("before");
      write_package(json, *change.before);
      json.key("after");
      write_package(json, *change.after);
      json.end_object();
    }
    json.end_array();
    write_pypi(json, platform_of(ask.existing, platform), locked);
    json.key("notices").begin_array();
    for (const SolveNotice& notice : outcome.solutions.at(platform).notices) {
      json.begin_object()
          .member("id", notice.id)
          .member("message", notice.message)
          .member("hint", notice.hint)
          .end_object();
    }
    json.end_array().end_object();
  }
  json.end_object();
}

void write_seen(JsonWriter& json, const std::vector<ChannelSet::Seen>& seen) {
  json.key("seen").begin_array();
  for (const ChannelSet::Seen& item : seen) {
    json.begin_object()
        .member("channel", item.channel)
        .member("subdir", item.subdir)
        .member("source", item.source);
    json.member("sha256", item.sha256.hex())
        .member("records", item.records)
        .member("from_cache", item.from_cache);
    if (item.shards) json.member("shards", *item.shards);
    json.key("signers").begin_array();
    for (const std::string& key : item.signers) json.value(key);
    json.end_array().end_object();
  }
  json.end_array();
}

void print_check(Console& console, const SolveAsk& ask, const CheckResult& result, bool online) {
  if (result.findings.empty()) {
    console.out(Line(ask.lock_shown)
                    .add(" answers today's question: ")
                    .add(count_of(result.packages, "package") + " for " +
                         count_of(ask.existing->platforms.size(), "platform")));
  } else {
    console.out(Line().add(ask.lock_shown).add(online ? " differs:" : " is stale:", Tone::bad));
    for (const CheckFinding& finding : result.findings) console.out("  " + finding.message);
  }
  console.flush();  // what follows is about it, on the other stream
  for (const std::string& note : result.notes) console.note(note);
  if (const std::string next = next_step(ask, result); !next.empty()) {
    console.note("to renew the lock: " + next);
  } else if (!online) {
    console.note("checked offline: whether its channels still offer these files takes --online");
  }
}

void write_check(JsonWriter& json, const SolveAsk& ask, const CheckResult& result) {
  json.member("lockfile", ask.lock_shown)
      .member("packages_checked", std::uint64_t{result.packages});
  json.key("findings").begin_array();
  for (const CheckFinding& finding : result.findings) {
    json.begin_object().member("rule", finding.rule).member("field", finding.field);
    json.member("locked", finding.locked).member("current", finding.current);
    if (!finding.place.file.empty()) json.member("file", finding.place.file);
    if (finding.place.line != 0) json.member("line", std::uint64_t{finding.place.line});
    json.member("message", finding.message).end_object();
  }
  json.end_array();
  json.key("notes").begin_array();
  for (const std::string& note : result.notes) json.value(note);
  json.end_array().member("next", next_step(ask, result));
}

}  // namespace envlock
