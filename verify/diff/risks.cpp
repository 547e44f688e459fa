#include "verify/diff/risks.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "model/cuda_floor.hpp"
#include "model/host_floors.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"
#include "verify/diff/known_names.hpp"
#include "verify/report/report.hpp"

namespace envlock {
namespace {

/// "1.26" of "1.26.4".
std::string_view minor_version(std::string_view version) {
  const std::size_t dot = version.find('.');
  return dot == std::string_view::npos ? version : version.substr(0, version.find('.', dot + 1));
}

/// Where packages come from; the same for equal channels.
std::string_view channel_key(const DiffPackage& package) {
  if (package.pypi || package.record->channel_url.empty()) return package.channel;
  return package.record->channel_url;
}

std::string age_text(std::int64_t ms) {
  constexpr std::int64_t hour = 3'600'000;
  const std::int64_t hours = ms / hour;
  return hours < 48 ? counted(static_cast<std::uint64_t>(hours), "hour")
                    : counted(static_cast<std::uint64_t>(hours / 24), "day");
}

std::string floor_text(const std::optional<HostFloor>& floor) {
  if (!floor) return "none";
  return floor->version.text() + (floor->package.empty() ? "" : " (" + floor->package + ')');
}

class Risks {
 public:
  Risks(const RiskContext& context, std::size_t first, std::vector<Change>& changes)
      : context_(context), first_(first), last_(changes.size()), changes_(changes) {}

  void run() {
    for (std::size_t i = first_; i < last_; ++i) {
      if (changes_[i].after == nullptr) continue;
      judge_channel(i);
      judge_signature(i);
      judge_age(i);
      judge_name(i);
      judge_license(i);
      judge_python(i);
      judge_flavour(i);
      judge_scripts(i);
    }
    tell_unknown_scripts();
    judge_channels();
    judge_host();
    judge_size();
  }

 private:
  Change& add(std::string_view rule, const std::string& name, std::string message) {
    Change change =
        make_change(rule, ChangeKind::risk, context_.environment, context_.subdir, name);
    change.finding.message = std::move(message);
    change.finding.sha256 = sha256_of(change.finding.message);
    changes_.push_back(std::move(change));
    return changes_.back();
  }

  /// A risk of one change: who accepts it accepts it of these bytes.
  Change& add_to(std::size_t of, std::string_view rule, std::string message) {
    const Change from = changes_[of];
    Change& change = add(rule, from.name, std::move(message));
    change.finding.package = from.finding.package;
    change.finding.expected = from.finding.expected;
    change.finding.found = from.finding.found;
    change.before = from.before;
    change.after = from.after;
    if (from.after->record->sha256) change.finding.sha256 = from.after->record->sha256;
    return change;
  }

  /// A newer version from elsewhere is how a name is taken over: no version hides where it is from.
  void judge_channel(std::size_t i) {
    const Change& change = changes_[i];
    if (change.before == nullptr || change.before->pypi || change.after->pypi ||
        change.kind == ChangeKind::channel || !channels_compare())
      return;
    const std::string before(channel_key(*change.before));
    const std::string after(channel_key(*change.after));
    if (before == after) return;
    const std::string name = change.name;
    Change& risk = add_to(i, "channel-switch", name + " comes from another channel");
    risk.finding.expected = before;
    risk.finding.found = after;
  }

  /// A baseline tells a channel's name, and other documents its URL.
  [[nodiscard]] bool channels_compare() const {
    return context_.before_input.kind != DiffKind::baseline &&
           context_.after_input.kind != DiffKind::baseline;
  }

  void judge_signature(std::size_t i) {
    const Change& change = changes_[i];
    if (change.before == nullptr || change.before->signed_by == nullptr ||
        change.after->signed_by == nullptr)
      return;
    const std::vector<std::string> before = *change.before->signed_by;
    const std::vector<std::string> after = *change.after->signed_by;
    if (before.empty() || before == after) return;
    const std::string name = change.name;
    if (after.empty()) {
      add_to(i, "signature-lost", name + " was signed, and is not any more");
    } else {
      add_to(i, "other-signer", name + " is signed by other keys");
    }
  }

  void judge_age(std::size_t i) {
    const PackageRecord& record = *changes_[i].after->record;
    const auto made =
        record.indexed_timestamp_ms ? record.indexed_timestamp_ms : record.timestamp_ms;
    if (!made || context_.settings.young_ms == 0) return;
    const std::int64_t age = context_.settings.now.ms - *made;
    if (age >= context_.settings.young_ms) return;
    const std::string by = record.indexed_timestamp_ms ? "" : " (its builder says)";
    Change& risk = add_to(i, "young-package",
                          age < 0 ? record.name + " claims to be made in the future" + by
                                  : record.name + " is " + age_text(age) + " old" + by);
    risk.finding.advice = "wait, or lock without it: envlock solve --exclude-newer " + age_option();
  }

  /// The age below which packages are young, as options take it.
  [[nodiscard]] std::string age_option() const {
    constexpr std::int64_t hour = 3'600'000;
    const std::int64_t hours = std::max<std::int64_t>(1, context_.settings.young_ms / hour);
    return hours % 24 == 0 ? std::to_string(hours / 24) + 'd' : std::to_string(hours) + 'h';
  }

  void judge_name(std::size_t i) {
    const Change& change = changes_[i];
    if (change.kind != ChangeKind::added) return;
    if (const auto known = known_name_like(change.name)) {
      const std::string name = change.name;
      add_to(i, "name-like-another",
             name + " is new, and its name is nearly '" + std::string(*known) + '\'');
    }
  }

  void judge_license(std::size_t i) {
    const Change& change = changes_[i];
    if (change.after->pypi || !context_.after_input.has_licenses) return;
    const std::string name = change.name;
    const std::string after = change.after->record->license;
    if (change.before == nullptr) {
      if (after.empty()) add_to(i, "licence-changed", name + " tells no licence");
      return;
    }
    const std::string before = change.before->record->license;
    if (change.before->pypi || !context_.before_input.has_licenses || before == after) return;
    Change& risk = add_to(i, "licence-changed",
                          after.empty() ? name + " tells no licence any more"
                                        : "the licence of " + name + " became another");
    risk.finding.expected = before.empty() ? "none told" : before;
    risk.finding.found = after.empty() ? "none told" : after;
  }

  void judge_python(std::size_t i) {
    const Change& change = changes_[i];
    if (change.name != "python" || change.before == nullptr || change.after->pypi) return;
    const std::string before(minor_version(change.before->record->version));
    const std::string after(minor_version(change.after->record->version));
    if (before != after) add_to(i, "python-changed", "Python " + before + " became " + after);
  }

  void judge_flavour(std::size_t i) {
    const Change& change = changes_[i];
    if (change.before == nullptr || change.after->pypi || change.before->pypi) return;
    const std::string before(flavour_of(*change.before->record));
    const std::string after(flavour_of(*change.after->record));
    if (before == after || before.empty() || after.empty()) return;
    const std::string name = change.name;
    Change& risk = add_to(i, "flavour-changed", name + " is another implementation");
    risk.finding.expected = before;
    risk.finding.found = after;
  }

  void judge_scripts(std::size_t i) {
    if (!context_.settings.scripts || changes_[i].after->pypi) return;
    const PackageRecord& record = *changes_[i].after->record;
    const auto after = context_.settings.scripts(record);
    if (!after) {
      add_unknown(record);
      return;
    }
    PackageScripts before;
    if (changes_[i].before != nullptr && !changes_[i].before->pypi) {
      // What was there before and is not known may have been the same: it is not said to be new.
      const auto known = context_.settings.scripts(*changes_[i].before->record);
      if (!known) {
        const bool brings_none =
            after->link_scripts.empty() && after->activation.empty() && after->startup.empty();
        if (!brings_none) add_unknown(record);
        return;
      }
      before = *known;
    }
    add_scripts(i, "link-script", before.link_scripts, after->link_scripts);
    add_scripts(i, "activation-script", before.activation, after->activation);
    add_scripts(i, "startup-file", before.startup, after->startup);
  }

  void add_scripts(std::size_t i, std::string_view rule,
                   const std::map<std::string, Sha256>& before,
                   const std::map<std::string, Sha256>& after) {
    std::string paths;
    bool changed = true;
    for (const auto& [path, sha256] : after) {
      const auto was = before.find(path);
      if (was != before.end() && was->second == sha256) continue;
      changed = changed && was != before.end();
      paths += (paths.empty() ? "" : ", ") + path;
    }
    if (paths.empty()) return;
    const std::string name = changes_[i].name;
    Change& risk = add_to(i, rule, name + (changed ? " changed " : " brings ") + paths);
    risk.finding.found = paths;
    risk.finding.expected = changed ? "other bytes" : "";
  }

  void add_unknown(const PackageRecord& record) {
    ++unknown_;
    unknown_packages_ += identity(record);
  }

  /// A line for what an acceptance binds to.
  static std::string identity(const PackageRecord& record) {
    return record.name + ' ' + record.version + ' ' + record.build + ' ' +
           (record.sha256 ? record.sha256->hex() : std::string("-")) + '\n';
  }

  void tell_unknown_scripts() {
    if (unknown_ == 0) return;
    Change& risk = add("scripts-unknown", {},
                       "of " + counted(unknown_, "changed package") +
                           " it is not known whether code in them runs by itself");
    risk.finding.sha256 = sha256_of(unknown_packages_);
    std::string locks;
    for (const DiffInput* const input : {&context_.before_input, &context_.after_input}) {
      if (input->lock && !input->shown.starts_with("git:"))
        locks +=
            (locks.empty() ? "envlock fetch " : " && envlock fetch ") + shell_word(input->shown);
    }
    if (!locks.empty()) risk.finding.advice = "fetch the packages, then compare again: " + locks;
  }

  void judge_channels() {
    if (!channels_compare()) return;
    std::set<std::string_view> known;
    for (const auto& [environment, platforms] : context_.before_input.environments) {
      for (const auto& [subdir, platform] : platforms) {
        for (const DiffPackage& package : platform.packages) known.insert(channel_key(package));
      }
    }
    if (known.empty()) return;
    std::map<std::string_view, std::vector<const DiffPackage*>> fresh;
    for (const DiffPackage& package : context_.after.packages) {
      if (const std::string_view key = channel_key(package); !key.empty() && !known.contains(key))
        fresh[key].push_back(&package);
    }
    for (const auto& [key, packages] : fresh) {
      Change& risk = add("first-from-channel", std::string(key),
                         "nothing came from " + std::string(packages.front()->channel) +
                             " before, now " + counted(packages.size(), "package") + ": " +
                             packages.front()->record->name + (packages.size() > 1 ? ", ..." : ""));
      risk.finding.found = std::string(key);
      std::string identities;
      for (const DiffPackage* package : packages) identities += identity(*package->record);
      risk.finding.sha256 = sha256_of(identities);
    }
  }

  void judge_host() {
    if (context_.before.locked == nullptr || context_.after.locked == nullptr) return;
    const auto platform = Platform::parse(context_.subdir);
    if (!platform) return;
    const HostRequirements before = host_floors(*platform, *context_.before.locked);
    const HostRequirements after = host_floors(*platform, *context_.after.locked);
    judge_floor("cuda-changed", "CUDA", before.cuda, after.cuda, true);
    judge_floor("cuda-changed", "the CUDA that the driver must have", before.cuda_strict,
                after.cuda_strict, false);
    judge_floor("glibc-raised", "glibc", before.glibc, after.glibc, false);
    for (const auto& [name, host] : context_.settings.hosts) {
      if (!(host.platform == *platform)) continue;
      std::set<std::string> known;
      for (const Misfit& misfit : judge_host_of(before, host)) known.insert(misfit.needed);
      for (const Misfit& misfit : judge_host_of(after, host)) {
        if (known.contains(misfit.needed)) continue;
        Change& risk = add("host-unfit", name + '/' + std::string(to_string(misfit.misfit_class)),
                           "the host '" + name + "' " + misfit.message);
        risk.finding.expected = misfit.needed;
        risk.finding.found = misfit.found;
      }
    }
  }

  static std::vector<Misfit> judge_host_of(const HostRequirements& needs,
                                           const HostDescription& host) {
    return envlock::judge_host(needs, host, {}).misfits;
  }

  /// @param both_ways  a lower one, or none any more, is told as well
  void judge_floor(std::string_view rule, const std::string& what,
                   const std::optional<HostFloor>& before, const std::optional<HostFloor>& after,
                   bool both_ways) {
    const bool raised = after && (!before || before->version < after->version);
    const bool lowered = before && (!after || after->version < before->version);
    if (!raised && !(both_ways && lowered)) return;
    Change& risk = add(
        rule, what, what + " was " + floor_text(before) + ", and is " + floor_text(after) + " now");
    risk.finding.expected = floor_text(before);
    risk.finding.found = floor_text(after);
  }

  /// Of all conda packages; nothing where the size of one is not told.
  static std::optional<std::uint64_t> size_of(const DiffPlatform& platform) {
    std::uint64_t sum = 0;
    for (const DiffPackage& package : platform.packages) {
      if (package.pypi) continue;
      if (!package.record->size) return std::nullopt;
      sum += *package.record->size;
    }
    return sum;
  }

  static std::uint64_t size_of(const DiffPackage* package) {
    return package == nullptr ? 0 : package->record->size.value_or(0);
  }

  void judge_size() {
    constexpr std::uint64_t least_growth = 10U << 20U;
    constexpr std::size_t most_told = 3;
    const auto before = size_of(context_.before);
    const auto after = size_of(context_.after);
    if (!before || !after || *before == 0 || *after <= *before) return;
    const std::uint64_t growth = *after - *before;
    if (growth <= least_growth || growth <= *before / 10) return;
    std::vector<std::pair<std::uint64_t, std::string>> grown;
    for (std::size_t i = first_; i < last_; ++i) {
      const std::uint64_t was = size_of(changes_[i].before);
      const std::uint64_t is = size_of(changes_[i].after);
      if (is > was) grown.emplace_back(is - was, changes_[i].name);
    }
    std::ranges::stable_sort(grown, std::ranges::greater(),
                             &std::pair<std::uint64_t, std::string>::first);
    Change& risk = add("size-grown", "download", "the download grows by " + size_text(growth));
    risk.finding.expected = size_text(*before);
    risk.finding.found = size_text(*after);
    risk.finding.sha256 = sha256_of(std::to_string(*before) + '\n' + std::to_string(*after));
    for (std::size_t i = 0; i < std::min(grown.size(), most_told); ++i)
      risk.why.push_back(grown[i].second + " brings " + size_text(grown[i].first));
  }

  const RiskContext& context_;
  const std::size_t first_, last_;
  std::vector<Change>& changes_;
  std::uint64_t unknown_ = 0;
  std::string unknown_packages_;
};

}  // namespace

void add_risks(const RiskContext& context, std::size_t first, std::vector<Change>& changes) {
  Risks(context, first, changes).run();
}

}  // namespace envlock
