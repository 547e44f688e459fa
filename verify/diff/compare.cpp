#include "verify/diff/compare.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "model/text.hpp"
#include "model/version.hpp"
#include "verify/diff/question.hpp"
#include "verify/diff/reasons.hpp"
#include "verify/diff/risks.hpp"

namespace envlock {
namespace {

using Packages = std::vector<DiffPackage>;

std::string place_text(const DiffPackage& package, bool with_channel) {
  std::string text = version_text(package);
  if (with_channel && !package.channel.empty())
    text += " (" + std::string(package.channel) +
            (package.record->subdir.empty() ? "" : '/' + package.record->subdir) + ')';
  return text;
}

/// How two records of one name and manager differ; nothing where they do not.
struct PairKind {
  ChangeKind kind;
  std::string_view rule;
};

/// What a channel may patch under the same bytes.
auto metadata(const PackageRecord& record) {
  return std::tie(record.build_number, record.depends, record.constrains, record.license,
                  record.track_features, record.noarch, record.python_site_packages_path);
}

class PairJudge {
 public:
  /// @param same_form  both sides are documents of one kind, so that their metadata compares
  PairJudge(bool channels_compare, bool same_form)
      : channels_compare_(channels_compare), same_form_(same_form) {}

  [[nodiscard]] std::optional<PairKind> judge(const DiffPackage& a, const DiffPackage& b) const {
    const PackageRecord& old = *a.record;
    const PackageRecord& now = *b.record;
    if (old.version != now.version) {
      const auto was = Version::parse(old.version);
      const auto is = Version::parse(now.version);
      if (!was || !is || *was < *is) return PairKind{ChangeKind::upgraded, "upgraded-package"};
      if (*is < *was) return PairKind{ChangeKind::downgraded, "downgraded-package"};
    }
    if (old.version != now.version || old.build != now.build)
      return PairKind{ChangeKind::build, "other-build"};
    if (moved(old, now)) return PairKind{ChangeKind::channel, "channel-switch"};
    const bool sha256_differs = old.sha256 && now.sha256 && *old.sha256 != *now.sha256;
    const bool md5_differs =
        !(old.sha256 && now.sha256) && old.md5 && now.md5 && *old.md5 != *now.md5;
    if (sha256_differs || md5_differs) {
      if (!old.fn.empty() && !now.fn.empty() && old.fn != now.fn)
        return PairKind{ChangeKind::archive, "other-archive"};
      return PairKind{ChangeKind::bytes, "other-bytes"};
    }
    if (same_form_ && metadata(old) != metadata(now))
      return PairKind{ChangeKind::metadata, "metadata-hotfix"};
    return std::nullopt;
  }

  [[nodiscard]] bool moved(const PackageRecord& old, const PackageRecord& now) const {
    return channels_compare_ && (old.channel_url != now.channel_url || old.subdir != now.subdir);
  }

 private:
  bool channels_compare_;
  bool same_form_;
};

std::string_view verb(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::upgraded:
      return "became newer";
    case ChangeKind::downgraded:
      return "became older";
    case ChangeKind::build:
      return "is another build of the same version";
    case ChangeKind::bytes:
      return "has the same name, version and build, and other bytes";
    case ChangeKind::archive:
      return "is the same build as another kind of archive";
    case ChangeKind::metadata:
      return "has the same bytes, and other metadata";
    case ChangeKind::channel:
      return "comes from another channel or folder";
    case ChangeKind::manager:
      return "comes from another package manager";
    default:
      return "changed";
  }
}

/// What of the metadata became another.
std::string hotfix_text(const PackageRecord& old, const PackageRecord& now) {
  std::string fields;
  const auto add = [&](bool differs, std::string_view name) {
    if (differs) fields += (fields.empty() ? "" : ", ") + std::string(name);
  };
  add(old.depends != now.depends, "depends");
  add(old.constrains != now.constrains, "constrains");
  add(old.license != now.license, "license");
  add(old.track_features != now.track_features, "track_features");
  add(old.build_number != now.build_number, "build_number");
  add(old.noarch != now.noarch, "noarch");
  add(old.python_site_packages_path != now.python_site_packages_path, "python_site_packages_path");
  return fields;
}

class Comparison {
 public:
  Comparison(const DiffInput& before, const DiffInput& after, const DiffSettings& settings)
      : before_(before),
        after_(after),
        settings_(settings),
        // A baseline tells the channel's name alone; explicit lists and others its URL.
        judge_(before.kind != DiffKind::baseline && after.kind != DiffKind::baseline,
               before.kind == after.kind && before.has_depends) {
    result_.drift = (before.kind == DiffKind::prefix) != (after.kind == DiffKind::prefix);
  }

  DiffResult run() {
    if (before_.lock && after_.lock) {
      for (Change& change : compare_questions(*before_.lock, *after_.lock))
        result_.changes.push_back(std::move(change));
    }
    if (before_.environments.size() == 1 && after_.environments.size() == 1) {
      compare_environments({}, before_.environments.begin()->second,
                           after_.environments.begin()->second);
    } else {
      compare_many();
    }
    count_causes();
    sort();
    for (const DiffInput* input : {&before_, &after_}) {
      for (const std::string& note : input->notes)
        result_.notes.push_back(input->shown + ": " + note);
    }
    return std::move(result_);
  }

 private:
  void one_sided(std::string_view rule, const std::string& environment, const std::string& platform,
                 std::string message, std::size_t packages) {
    Change change = make_change(rule, ChangeKind::platform, environment, platform, {});
    change.finding.message = std::move(message) + " (" + counted(packages, "package") + ')';
    change.finding.sha256 = sha256_of(change.finding.message);
    (rule == "platform-added" ? change.finding.found : change.finding.expected) =
        counted(packages, "package");
    result_.changes.push_back(std::move(change));
  }

  static std::size_t size_of(const DiffEnvironment& environment) {
    std::size_t size = 0;
    for (const auto& [name, platform] : environment) size += platform.packages.size();
    return size;
  }

  void compare_many() {
    for (const auto& [name, environment] : before_.environments) {
      const auto other = after_.environments.find(name);
      if (other != after_.environments.end()) {
        compare_environments(name, environment, other->second);
      } else {
        one_sided("platform-removed", name, {}, "the environment '" + name + "' is gone",
                  size_of(environment));
      }
    }
    for (const auto& [name, environment] : after_.environments) {
      if (!before_.environments.contains(name))
        one_sided("platform-added", name, {}, "the environment '" + name + "' is new",
                  size_of(environment));
    }
  }

  void compare_environments(const std::string& name, const DiffEnvironment& before,
                            const DiffEnvironment& after) {
    // A list that does not tell its platform is held against the only one of the other side.
    const bool untold = before.contains("noarch") || after.contains("noarch");
    if (untold && before.size() == 1 && after.size() == 1) {
      const std::string& told =
          before.contains("noarch") ? after.begin()->first : before.begin()->first;
      return compare_platforms(name, told, before.begin()->second, after.begin()->second);
    }
    for (const auto& [subdir, platform] : before) {
      const auto other = after.find(subdir);
      if (other != after.end()) {
        compare_platforms(name, subdir, platform, other->second);
      } else if (after_.kind != DiffKind::prefix) {
        one_sided("platform-removed", name, subdir, "the platform " + subdir + " is gone",
                  platform.packages.size());
      }
    }
    for (const auto& [subdir, platform] : after) {
      if (before.contains(subdir) || before_.kind == DiffKind::prefix) continue;
      one_sided("platform-added", name, subdir, "the platform " + subdir + " is new",
                platform.packages.size());
    }
  }

  /// Walks both sorted lists at once, name by name.
  void compare_platforms(const std::string& environment, const std::string& subdir,
                         const DiffPlatform& before, const DiffPlatform& after) {
    const std::size_t first = result_.changes.size();
    PlatformTotals& totals =
        result_.totals[environment.empty() ? subdir : environment + '/' + subdir];
    auto a = before.packages.begin();
    auto b = after.packages.begin();
    const auto count = [](const DiffPackage& package, std::uint64_t& number, std::uint64_t& bytes) {
      ++number;
      bytes += package.record->size.value_or(0);
    };
    for (const DiffPackage& package : before.packages)
      count(package, totals.before, totals.bytes_before);
    for (const DiffPackage& package : after.packages)
      count(package, totals.after, totals.bytes_after);
    while (a != before.packages.end() || b != after.packages.end()) {
      const int order = a == before.packages.end()  ? 1
                        : b == after.packages.end() ? -1
                                                    : a->record->name.compare(b->record->name);
      const bool is_pair =
          order == 0 && (a->pypi == b->pypi || is_last_of_name(before, a, after, b));
      if (is_pair) {
        add_pair(environment, subdir, *a++, *b++, totals);
      } else if (order < 0 || (order == 0 && b->pypi)) {
        add_one(environment, subdir, &*a++, nullptr);
      } else {
        add_one(environment, subdir, nullptr, &*b++);
      }
    }
    if (result_.changes.size() == first) return;
    const auto platform = Platform::parse(subdir);
    if (before_.has_depends && after_.has_depends && platform) {
      Reasons reasons(before, after, before_.lock.get(), after_.lock.get(), *platform);
      for (std::size_t i = first; i < result_.changes.size(); ++i) {
        Change& change = result_.changes[i];
        if (change.kind != ChangeKind::metadata) reasons.explain(change);
      }
    }
    if (result_.drift) return;
    add_risks({.before_input = before_,
               .after_input = after_,
               .before = before,
               .after = after,
               .environment = environment,
               .subdir = subdir,
               .settings = settings_},
              first, result_.changes);
  }

  /// Both are the only ones of their name: a package that moved between managers.
  static bool is_last_of_name(const DiffPlatform& before, Packages::const_iterator a,
                              const DiffPlatform& after, Packages::const_iterator b) {
    const auto alone = [](const Packages& list, Packages::const_iterator at) {
      return std::next(at) == list.end() || std::next(at)->record->name != at->record->name;
    };
    return alone(before.packages, a) && alone(after.packages, b);
  }

  void add_pair(const std::string& environment, const std::string& subdir, const DiffPackage& a,
                const DiffPackage& b, PlatformTotals& totals) {
    const auto kind = a.pypi == b.pypi
                          ? judge_.judge(a, b)
                          : std::optional(PairKind{ChangeKind::manager, "manager-switch"});
    if (!kind) {
      ++totals.unchanged;
      return;
    }
    Change change = make_change(kind->rule, kind->kind, environment, subdir, b.record->name);
    const bool with_channel = a.pypi != b.pypi || judge_.moved(*a.record, *b.record);
    finish(change, &a, &b, with_channel);
    change.finding.message = b.record->name + ' ' + std::string(verb(kind->kind));
    if (kind->kind == ChangeKind::bytes) {
      change.finding.expected += digest_text(*a.record);
      change.finding.found += digest_text(*b.record);
    }
    if (kind->kind == ChangeKind::metadata)
      change.finding.message += ": " + hotfix_text(*a.record, *b.record);
    result_.changes.push_back(std::move(change));
  }

  static std::string digest_text(const PackageRecord& record) {
    if (record.sha256) return ", sha256 " + record.sha256->hex();
    return record.md5 ? ", md5 " + record.md5->hex() : "";
  }

  void add_one(const std::string& environment, const std::string& subdir, const DiffPackage* before,
               const DiffPackage* after) {
    const bool added = after != nullptr;
    const DiffPackage& package = added ? *after : *before;
    Change change = make_change(added ? "added-package" : "removed-package",
                                added ? ChangeKind::added : ChangeKind::removed, environment,
                                subdir, package.record->name);
    finish(change, before, after, true);
    change.finding.message =
        package.record->name + (added ? " was not there before" : " is not there any more");
    if (result_.drift) {
      const bool in_prefix = added == (after_.kind == DiffKind::prefix);
      change.finding.message =
          package.record->name +
          (in_prefix ? " is in the prefix, and not locked" : " is locked, and not in the prefix");
    }
    result_.changes.push_back(std::move(change));
  }

  static void finish(Change& change, const DiffPackage* before, const DiffPackage* after,
                     bool with_channel) {
    change.before = before;
    change.after = after;
    if (before != nullptr) change.finding.expected = place_text(*before, with_channel);
    if (after != nullptr) change.finding.found = place_text(*after, with_channel);
    const DiffPackage& judged = after != nullptr ? *after : *before;
    change.finding.package = judged.record->name + ' ' + judged.record->version +
                             (judged.record->build.empty() ? "" : ' ' + judged.record->build);
    // What an acceptance binds to: the bytes, or where none are told, all that is.
    const auto told = [](const DiffPackage* package) {
      if (package == nullptr) return std::string("-");
      return package->record->sha256 ? package->record->sha256->hex() : version_text(*package);
    };
    change.finding.sha256 = judged.record->sha256 && change.kind != ChangeKind::metadata
                                ? *judged.record->sha256
                                : sha256_of(told(before) + '\n' + told(after));
  }

  void count_causes() {
    std::map<std::string, std::set<std::string>> names;
    for (const Change& change : result_.changes) {
      if (!change.cause.empty()) names[change.cause].insert(change.name);
    }
    for (const auto& [text, packages] : names) result_.causes.push_back({text, packages.size()});
    std::ranges::stable_sort(result_.causes, std::ranges::greater(), &DiffCause::packages);
  }

  void sort() {
    std::ranges::stable_sort(result_.changes, [](const Change& a, const Change& b) {
      const auto key = [](const Change& change) {
        return std::make_tuple(std::cref(change.environment), std::cref(change.platform),
                               change.kind == ChangeKind::risk, std::cref(change.name),
                               std::cref(change.finding.rule), std::cref(change.finding.id));
      };
      return key(a) < key(b);
    });
  }

  const DiffInput& before_;
  const DiffInput& after_;
  const DiffSettings& settings_;
  PairJudge judge_;
  DiffResult result_;
};

}  // namespace

DiffResult compare(const DiffInput& before, const DiffInput& after, const DiffSettings& settings) {
  return Comparison(before, after, settings).run();
}

}  // namespace envlock
