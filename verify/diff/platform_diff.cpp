#include "verify/diff/platform_diff.hpp"

#include <iterator>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "model/pypi_origin.hpp"
#include "model/shell_word.hpp"
#include "model/version.hpp"
#include "verify/diff/reasons.hpp"
#include "verify/diff/risks.hpp"

namespace envlock {
namespace {

using Packages = std::vector<DiffPackage>;

std::string place_text(const DiffPackage& package, bool with_channel) {
  std::string text = version_text(package);
  std::string channel(package.channel);
  if (package.pypi) {
    if (std::string origin = pypi_origin(package.record->url); origin != "PyPI")
      channel = std::move(origin);
  }
  if (with_channel && !channel.empty())
    text +=
        " (" + channel + (package.record->subdir.empty() ? "" : '/' + package.record->subdir) + ')';
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

/// What ends drift: the lock is right, or the prefix is.
std::string drift_advice(const DiffInput& prefix) {
  return "install the lock again ('envlock install LOCK -p " + shell_word(prefix.shown) +
         "'), or lock what is there: ask for it and 'envlock solve'";
}

class PlatformComparison {
 public:
  PlatformComparison(const DiffInput& before, const DiffInput& after, const PlatformPair& pair,
                     const DiffSettings& settings)
      : before_(before),
        after_(after),
        pair_(pair),
        settings_(settings),
        // A baseline tells the channel's name alone; explicit lists and others its URL.
        judge_(before.kind != DiffKind::baseline && after.kind != DiffKind::baseline,
               before.kind == after.kind && before.has_depends) {}

  /// Walks both sorted lists at once, name by name.
  PlatformDiff run() {
    const DiffPlatform& before = *pair_.before;
    const DiffPlatform& after = *pair_.after;
    PlatformTotals& totals = result_.totals;
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
        add_pair(*a++, *b++);
      } else if (order < 0 || (order == 0 && b->pypi)) {
        add_one(&*a++, nullptr);
      } else {
        add_one(nullptr, &*b++);
      }
    }
    if (!result_.changes.empty()) explain();
    if (pair_.only_risks) {
      std::erase_if(result_.changes,
                    [](const Change& change) { return change.kind != ChangeKind::risk; });
    }
    return std::move(result_);
  }

 private:
  /// Why, and what of it needs eyes.
  void explain() {
    const auto platform = Platform::parse(pair_.subdir);
    if (before_.has_depends && after_.has_depends && platform) {
      const Reasons reasons(*pair_.before, *pair_.after, before_.lock.get(), after_.lock.get(),
                            *platform);
      for (Change& change : result_.changes) {
        if (change.kind == ChangeKind::metadata) continue;
        reasons.explain(change);
        if (!is_move(change.kind)) change.cause.clear();
      }
    }
    if (is_drift(before_, after_)) return;
    add_risks({.before_input = before_,
               .after_input = after_,
               .before = *pair_.before,
               .after = *pair_.after,
               .environment = pair_.environment,
               .subdir = pair_.subdir,
               .settings = settings_},
              0, result_.changes);
  }

  /// Both are the only ones of their name: a package that moved between managers.
  static bool is_last_of_name(const DiffPlatform& before, Packages::const_iterator a,
                              const DiffPlatform& after, Packages::const_iterator b) {
    const auto alone = [](const Packages& list, Packages::const_iterator at) {
      return std::next(at) == list.end() || std::next(at)->record->name != at->record->name;
    };
    return alone(before.packages, a) && alone(after.packages, b);
  }

  void add_pair(const DiffPackage& a, const DiffPackage& b) {
    const auto kind = a.pypi == b.pypi
                          ? judge_.judge(a, b)
                          : std::optional(PairKind{ChangeKind::manager, "manager-switch"});
    if (!kind) {
      ++result_.totals.unchanged;
      return;
    }
    Change change =
        make_change(kind->rule, kind->kind, pair_.environment, pair_.subdir, b.record->name);
    const bool with_channel = a.pypi != b.pypi || judge_.moved(*a.record, *b.record);
    finish(change, &a, &b, with_channel);
    change.finding.message = b.record->name + ' ' + std::string(verb(kind->kind));
    if (kind->kind == ChangeKind::channel && a.record->sha256 && b.record->sha256)
      change.finding.message +=
          *a.record->sha256 == *b.record->sha256 ? ", with the same bytes" : ", with other bytes";
    if (is_drift(before_, after_)) {
      const bool is_newer = kind->kind == ChangeKind::upgraded;
      if (is_newer || kind->kind == ChangeKind::downgraded)
        change.finding.message =
            b.record->name + (is_newer ? " is newer" : " is older") + " in the prefix";
      change.finding.advice = drift_advice(after_);
    }
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

  void add_one(const DiffPackage* before, const DiffPackage* after) {
    const bool added = after != nullptr;
    const DiffPackage& package = added ? *after : *before;
    Change change = make_change(added ? "added-package" : "removed-package",
                                added ? ChangeKind::added : ChangeKind::removed, pair_.environment,
                                pair_.subdir, package.record->name);
    finish(change, before, after, true);
    change.finding.message =
        package.record->name + (added ? " was not there before" : " is not there any more");
    if (is_drift(before_, after_)) {
      change.finding.message = package.record->name + (added ? " is in the prefix, and not locked"
                                                             : " is locked, and not in the prefix");
      change.finding.advice = added && package.pypi
                                  ? "lock it (ask for it below 'pip:'), or remove it with pip"
                                  : drift_advice(after_);
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

  const DiffInput& before_;
  const DiffInput& after_;
  const PlatformPair& pair_;
  const DiffSettings& settings_;
  PairJudge judge_;
  PlatformDiff result_;
};

}  // namespace

bool is_drift(const DiffInput& before, const DiffInput& after) noexcept {
  return (before.kind == DiffKind::prefix) != (after.kind == DiffKind::prefix);
}

PlatformDiff compare_platform(const DiffInput& before, const DiffInput& after,
                              const PlatformPair& pair, const DiffSettings& settings) {
  return PlatformComparison(before, after, pair, settings).run();
}

}  // namespace envlock
