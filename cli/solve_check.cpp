#include "cli/solve_check.hpp"

#include <algorithm>
#include <map>

#include "cli/ask_trust.hpp"
#include "cli/channel_record.hpp"
#include "cli/denied_spec.hpp"
#include "cli/pip_check.hpp"
#include "cli/wheel_policy.hpp"
#include "model/match_spec.hpp"
#include "model/readable_spec.hpp"
#include "model/record_match.hpp"
#include "verify/diff/question.hpp"

namespace envlock {
namespace {

const VirtualPackage* find_by_name(const std::vector<VirtualPackage>& packages,
                                   const std::string& name) {
  const auto found = std::find_if(packages.begin(), packages.end(),
                                  [&](const VirtualPackage& p) { return p.name == name; });
  return found == packages.end() ? nullptr : &*found;
}

std::string package_id(const Platform& platform, const PackageRecord& record) {
  return platform.subdir() + ": " + record.name + "-" + record.version + "-" + record.build;
}

/// "environment.yml:5: specs: locked 'A', asked now 'B'"
void add(CheckResult& result, CheckFinding finding) {
  const std::string& file = finding.place.file;
  finding.message = finding.field;
  if (!file.empty()) {
    // compare_inputs begins the field with the file.
    const bool repeats = finding.field.starts_with(file + ": ");
    finding.message = finding.place.to_string() + ": " +
                      (repeats ? finding.field.substr(file.size() + 2) : finding.field);
  }
  if (!finding.locked.empty() && !finding.current.empty()) {
    finding.message += ": locked '" + finding.locked + "', asked now '" + finding.current + "'";
  } else if (!finding.current.empty()) {
    finding.message += ": '" + finding.current + "' is asked now and not in the lock";
  } else {
    finding.message += ": '" + finding.locked + "' is locked and no longer asked for";
  }
  result.findings.push_back(std::move(finding));
}

void check_platforms(const SolveAsk& ask, const Lockfile& lock, CheckResult& result) {
  for (const Platform& platform : ask.platforms) {
    const auto locked = lock.platforms.find(platform);
    if (locked == lock.platforms.end()) {
      add(result, {"platforms", "platforms", "", platform.subdir(), {}, {}});
      continue;
    }
    const std::string field = platform.subdir() + ": virtual packages";
    const std::vector<VirtualPackage>& assumed = ask.virtual_packages.at(platform);
    for (const VirtualPackage& package : assumed) {
      const VirtualPackage* before = find_by_name(locked->second.virtual_packages, package.name);
      if (before != nullptr && *before == package) continue;
      add(result, {"virtual-packages",
                   field,
                   before == nullptr ? "" : before->to_string(),
                   package.to_string(),
                   {},
                   {}});
    }
    for (const VirtualPackage& package : locked->second.virtual_packages) {
      if (find_by_name(assumed, package.name) == nullptr) {
        add(result, {"virtual-packages", field, package.to_string(), "", {}, {}});
      }
    }
  }
  for (const auto& [platform, locked] : lock.platforms) {
    if (!std::binary_search(ask.platforms.begin(), ask.platforms.end(), platform)) {
      add(result, {"platforms", "platforms", platform.subdir(), "", {}, {}});
    }
  }
}

void check_variables(const SolveAsk& ask, const Lockfile& lock, CheckResult& result) {
  for (const auto& [name, value] : ask.variables) {
    const auto locked = lock.variables.find(name);
    if (locked == lock.variables.end()) {
      add(result, {"variables", "variables", "", name, {}, {}});
    } else if (locked->second != value) {
      // A variable may hold something private: name it, do not print it.
      add_message(result, "variables", name,
                  "variables: '" + name + "' has another value in the lock");
    }
  }
  for (const auto& [name, value] : lock.variables) {
    if (!ask.variables.contains(name)) add(result, {"variables", "variables", name, "", {}, {}});
  }
}

void check_cutoff(const SolveAsk& ask, const Lockfile& lock, const Platform& platform,
                  const PackageRecord& record, CheckResult& result) {
  if (!lock.inputs.exclude_newer) return;
  const Instant cutoff = lock.inputs.exclude_newer->cutoff;
  const bool has_indexed = record.indexed_timestamp_ms && *record.indexed_timestamp_ms != 0;
  const std::optional<std::int64_t> time =
      has_indexed ? record.indexed_timestamp_ms : record.timestamp_ms;
  if (!time || *time == 0) {
    if (!ask.inputs.keep_records_without_timestamp) {
      add_message(result, "exclude-newer", record.name,
                  package_id(platform, record) + " has no timestamp, under 'exclude_newer'");
    }
  } else if (*time > cutoff.ms) {
    add_message(result, "exclude-newer", record.name,
                package_id(platform, record) + " is of " + Instant{*time}.to_string() +
                    ", newer than the lock's own cutoff " + cutoff.to_string());
  }
}

void check_channel_rule(const SolveAsk& ask, const Platform& platform, const LockedPackage& package,
                        CheckResult& result) {
  for (const AskedChannel& asked : ask.channels) {
    if (asked.channel.name != package.channel) continue;
    if (asked.trust.signatures == SignaturePolicy::require && package.signed_by.empty())
      add_message(result, "not-signed", package.record.name,
                  package_id(platform, package.record) +
                      " was locked without signatures, which its channel needs now");
    if (!asked.newest) continue;
    const auto fault =
        age_fault(package.record, *asked.newest, ask.inputs.keep_records_without_timestamp);
    if (fault)
      add_message(result, "minimum-age", package.record.name,
                  package_id(platform, package.record) + " " + *fault);
  }
}

/// Policy that a lock could break without its question having changed, had somebody edited its
/// packages.
void check_policy(const SolveAsk& ask, const Lockfile& lock, CheckResult& result) {
  const std::vector<DeniedSpec> denied = denied_specs(ask.denied, ask.channel_names);
  if (lock.inputs.exclude_newer && ask.inputs.exclude_newer &&
      lock.inputs.exclude_newer->cutoff > ask.inputs.exclude_newer->cutoff) {
    add_message(result, "exclude-newer", "exclude_newer",
                "exclude_newer: the lock's cutoff " +
                    lock.inputs.exclude_newer->cutoff.to_string() + " is later than '" +
                    ask.inputs.exclude_newer->asked + "' allows (" +
                    ask.inputs.exclude_newer->cutoff.to_string() + ")");
  }
  for (const auto& [platform, locked] : lock.platforms) {
    for (const LockedPackage& package : locked.packages) {
      ++result.packages;
      const PackageRecord& record = package.record;
      for (const DeniedSpec& one : denied) {
        if (!one.forbids(record)) continue;
        add_message(result, "denied", record.name,
                    one.request.place.to_string() + ": '" + one.request.text +
                        "' is denied, and the lock has " + package_id(platform, record));
      }
      for (const auto& [owner, patterns] : ask.inputs.owns) {
        for (const std::string& pattern : patterns) {
          if (owner == package.channel || !MatchSpec::parse(pattern).matches_name(record.name))
            continue;
          add_message(result, "owned", record.name,
                      package_id(platform, record) + " comes from channel '" + package.channel +
                          "', but '" + pattern + "' belongs to '" + owner + "'");
        }
      }
      check_cutoff(ask, lock, platform, record, result);
      check_channel_rule(ask, platform, package, result);
    }
  }
}

/// The same of packages of PyPI, and what no rule can say of them.
void check_wheel_policy(const SolveAsk& ask, const Lockfile& lock, CheckResult& result) {
  if (ask.project) {
    WheelPolicy::Verdict verdict = WheelPolicy(*ask.project).judge(lock);
    for (WheelPolicy::Breach& one : verdict.breaches)
      add_message(result, std::move(one.rule), std::move(one.project), std::move(one.text));
    result.notes.insert(result.notes.end(), verdict.remarks.begin(), verdict.remarks.end());
  }
  const bool has_wheels = std::ranges::any_of(
      lock.platforms, [](const auto& entry) { return !entry.second.pypi.empty(); });
  if (has_wheels && lock.inputs.exclude_newer)
    result.notes.push_back(
        "'exclude_newer' was held against packages of PyPI when they were solved: the lock has no "
        "upload times, by which it could be held again");
}

/// A package that nothing asks for, directly or through others, did not come from solving: somebody
/// put it there.
void check_needed(const Lockfile& lock, CheckResult& result) {
  for (const auto& [platform, locked] : lock.platforms) {
    std::map<std::string_view, const LockedPackage*> unreached;
    std::vector<const LockedPackage*> open;
    for (const LockedPackage& package : locked.packages) {
      if (package.requested) {
        open.push_back(&package);
      } else {
        unreached.emplace(package.record.name, &package);
      }
    }
    while (!open.empty()) {
      const LockedPackage* package = open.back();
      open.pop_back();
      for (const std::string& text : package->record.depends) {
        const auto found = unreached.find(MatchSpec::parse(text).name());
        if (found == unreached.end()) continue;
        open.push_back(found->second);
        unreached.erase(found);
      }
    }
    for (const auto& [name, package] : unreached) {
      add_message(result, "unneeded", std::string(name),
                  package_id(platform, package->record) + ": nothing that is asked for needs it");
    }
  }
}

/// `same_versions_as`: what both locks have must be the same package.
void check_same_versions(const SolveAsk& ask, const Lockfile& lock, CheckResult& result) {
  if (!ask.same_versions_lock) return;
  for (const auto& [platform, locked] : lock.platforms) {
    const auto other = ask.same_versions_lock->platforms.find(platform);
    if (other == ask.same_versions_lock->platforms.end()) continue;
    std::map<std::string_view, const LockedPackage*> theirs;
    for (const LockedPackage& package : other->second.packages)
      theirs.emplace(package.record.name, &package);
    for (const LockedPackage& package : locked.packages) {
      const auto same = theirs.find(package.record.name);
      if (same == theirs.end() || same->second->record.sha256 == package.record.sha256) continue;
      add_message(result, "same-versions", package.record.name,
                  package_id(platform, package.record) + ": environment '" + *ask.same_versions_as +
                      "' has " + same->second->record.version + " " + same->second->record.build);
    }
  }
}

/// What names a package file, and no channel may change under the same file name and bytes.
std::string changed_identity(const PackageRecord& locked, const PackageRecord& now) {
  if (locked.url != now.url) return "URL (" + now.url + ")";
  if (locked.version != now.version) return "version (" + now.version + ")";
  if (locked.build != now.build) return "build (" + now.build + ")";
  if (locked.md5 && now.md5 && locked.md5 != now.md5) return "md5 (" + now.md5->hex() + ")";
  return {};
}

/// The metadata that a channel changed under the same bytes.
std::string changed_metadata(const PackageRecord& locked, const PackageRecord& now) {
  std::string fields;
  const auto compare = [&](bool same, std::string_view field) {
    if (!same) fields += (fields.empty() ? "" : ", ") + std::string(field);
  };
  compare(locked.depends == now.depends, "depends");
  compare(locked.constrains == now.constrains, "constrains");
  compare(locked.build_number == now.build_number, "build_number");
  compare(locked.track_features == now.track_features, "track_features");
  compare(locked.noarch == now.noarch, "noarch");
  compare(locked.license == now.license, "license");
  compare(locked.timestamp_ms == now.timestamp_ms, "timestamp");
  compare(locked.indexed_timestamp_ms == now.indexed_timestamp_ms, "indexed_timestamp");
  compare(locked.python_site_packages_path == now.python_site_packages_path,
          "python_site_packages_path");
  return fields;
}

std::string joined(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text.empty() ? "nobody" : text;
}

void check_signers(const std::string& id, const LockedPackage& package,
                   const SignatureVerdict& signatures, CheckResult& result) {
  const std::vector<std::string> now = signatures.signers();
  if (now == package.signed_by) return;
  add_message(result, "signers", package.record.name,
              id + ": the lock says signed by " + joined(package.signed_by) +
                  ", the channel's record is signed by " + joined(now));
}

}  // namespace

void add_message(CheckResult& result, std::string rule, std::string field, std::string message) {
  CheckFinding finding;
  finding.rule = std::move(rule);
  finding.field = std::move(field);
  finding.message = std::move(message);
  result.findings.push_back(std::move(finding));
}

CheckResult check_lock(const SolveAsk& ask) {
  const Lockfile& lock = *ask.existing;
  CheckResult result;
  if (!knows_question(lock)) {
    // It answers no question, so that all that is asked would be a difference of its own.
    add_message(result, "imported", "inputs",
                "the lock was imported and holds no requests: 'envlock solve' locks what is asked "
                "now, and keeps its versions where they fit");
    check_policy(ask, lock, result);
    check_wheel_policy(ask, lock, result);
    return result;
  }
  for (InputChange& change : compare_inputs(lock.inputs, ask.inputs)) {
    // What matters of these is what holds for each platform: check_platforms.
    if (change.field.starts_with("virtual_packages") || change.field.starts_with("platforms"))
      continue;
    const auto written = ask.written.find(change.current);
    std::string current =
        written == ask.written.end() ? std::move(change.current) : written->second;
    add(result, {"inputs",
                 std::move(change.field),
                 readable_spec(change.locked),
                 std::move(current),
                 std::move(change.place),
                 {}});
  }
  check_platforms(ask, lock, result);
  check_needed(lock, result);
  check_same_versions(ask, lock, result);
  check_variables(ask, lock, result);
  check_policy(ask, lock, result);
  check_wheel_policy(ask, lock, result);
  check_pypi(ask, result);
  for (const std::string& sentence : lock.incomplete)
    result.notes.push_back("the lock is not complete: " + sentence);
  return result;
}

void check_lock_online(const SolveAsk& ask, const ChannelSet& channels, CheckResult& result) {
  std::vector<std::string> forged;
  for (const auto& [platform, locked] : ask.existing->platforms) {
    const std::vector<SolverChannel> sources = channels.for_platform(platform);
    for (const LockedPackage& package : locked.packages) {
      const std::string id = package_id(platform, package.record);
      const auto source =
          std::find_if(sources.begin(), sources.end(), [&](const SolverChannel& channel) {
            return channel.channel.url.to_string() == package.record.channel_url;
          });
      if (source == sources.end()) {
        forged.push_back(id + ": channel '" + package.channel + "' (" + package.record.channel_url +
                         ") is not asked for");
        continue;
      }
      const std::optional<ChannelRecord> found = find_record(*source, package.record);
      const PackageRecord* const now = found ? &found->record : nullptr;
      if (now == nullptr) {
        add_message(result, "removed", package.record.name,
                    id + ": channel '" + package.channel + "' no longer offers '" +
                        package.record.fn + "'");
        continue;
      }
      if (const std::string fault = signature_fault(source->signatures, found->signatures);
          !fault.empty()) {
        forged.push_back(id + ": " + fault);
        continue;
      }
      if (found->signatures && source->signatures != SignaturePolicy::not_looked_at)
        check_signers(id, package, *found->signatures, result);
      if (now->sha256 != package.record.sha256) {
        forged.push_back(id + ": locked sha256 " + package.record.sha256->hex() +
                         ", the channel '" + package.channel + "' says " +
                         (now->sha256 ? now->sha256->hex() : "none"));
      } else if (now->size != package.record.size) {
        forged.push_back(id + ": locked size " + std::to_string(package.record.size.value_or(0)) +
                         ", the channel '" + package.channel + "' says " +
                         std::to_string(now->size.value_or(0)));
      } else if (const std::string field = changed_identity(package.record, *now); !field.empty()) {
        forged.push_back(id + ": the channel's record of '" + package.record.fn + "' has another " +
                         field);
      } else if (const std::string fields = changed_metadata(package.record, *now);
                 !fields.empty()) {
        result.notes.push_back(
            id +
            ": same bytes, other metadata (a hotfix by the channel, unless the lock was edited): " +
            fields);
      }
    }
  }
  if (forged.empty()) return;
  std::string message = std::to_string(forged.size()) +
                        (forged.size() == 1 ? " entry of '" : " entries of '") + ask.lock_shown +
                        "' are not what the channel serves";
  for (const std::string& line : forged) message += "\n  " + line;
  throw TrustError(message,
                   "somebody changed the lock or the package: find out who before anything is "
                   "installed from it");
}

}  // namespace envlock
