#include "model/lock_merge.hpp"

#include <algorithm>
#include <set>

#include "model/lock_preferences.hpp"
#include "model/match_spec.hpp"
#include "model/readable_spec.hpp"

namespace envlock {
namespace {

using Texts = std::vector<std::string>;

/// The same part of the three locks.
template <class Part>
struct Sides {
  const Part& base;
  const Part& ours;
  const Part& theirs;

  template <class Get>
  [[nodiscard]] auto of(Get get) const {
    using Inner = std::remove_reference_t<decltype(get(base))>;
    return Sides<const Inner>{get(base), get(ours), get(theirs)};
  }
};

std::string shown(const Texts& texts) {
  if (texts.empty()) return "nothing";
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + readable_spec(text);
  return all;
}

/// What a spec is about; a glob or regular expression stands for itself.
std::string name_of(const std::string& spec) {
  const std::string name = MatchSpec::parse(spec).name();
  return name.empty() ? spec : name;
}

std::map<std::string, Texts> by_name(const Texts& specs) {
  std::map<std::string, Texts> names;
  for (const std::string& spec : specs) names[name_of(spec)].push_back(spec);
  return names;
}

class Merge {
 public:
  /// The value of whoever changed it.
  template <class Value>
  Value whole(const std::string& field, const Sides<Value>& sides) {
    if (sides.ours == sides.theirs || sides.theirs == sides.base) return sides.ours;
    if (sides.ours == sides.base) return sides.theirs;
    conflicts_.push_back("both sides changed " + field);
    return sides.ours;
  }

  /// Key by key; a key that a side lacks counts as an empty value there.
  template <class Key, class Value, class MergeValue>
  std::map<Key, Value> map(const Sides<const std::map<Key, Value>>& sides, MergeValue merge_value) {
    std::set<Key> keys;
    for (const auto* side : {&sides.ours, &sides.theirs}) {
      for (const auto& [key, value] : *side) keys.insert(key);
    }
    std::map<Key, Value> merged;
    const Value nothing{};
    const auto value_in = [&](const std::map<Key, Value>& side, const Key& key) -> const Value& {
      const auto found = side.find(key);
      return found == side.end() ? nothing : found->second;
    };
    for (const Key& key : keys) {
      // A key is kept like an element of a set, whatever its value: an empty list says something.
      if (!is_kept(sides.base.contains(key), sides.ours.contains(key), sides.theirs.contains(key)))
        continue;
      merged.emplace(key, merge_value(key, Sides<const Value>{value_in(sides.base, key),
                                                              value_in(sides.ours, key),
                                                              value_in(sides.theirs, key)}));
    }
    return merged;
  }

  /// Elements that are there or not, sorted.
  template <class Value>
  static std::vector<Value> set(const Sides<const std::vector<Value>>& sides) {
    const auto has = [](const std::vector<Value>& side, const Value& value) {
      return std::find(side.begin(), side.end(), value) != side.end();
    };
    std::vector<Value> merged;
    for (const auto* side : {&sides.ours, &sides.theirs}) {
      for (const Value& value : *side) {
        if (is_kept(has(sides.base, value), has(sides.ours, value), has(sides.theirs, value)) &&
            !has(merged, value))
          merged.push_back(value);
      }
    }
    std::sort(merged.begin(), merged.end());
    return merged;
  }

  Texts specs(const std::string& where, const Sides<const Texts>& sides) {
    const auto base = by_name(sides.base);
    const auto ours = by_name(sides.ours);
    const auto theirs = by_name(sides.theirs);
    std::set<std::string> names;
    for (const auto* side : {&ours, &theirs}) {
      for (const auto& [name, list] : *side) names.insert(name);
    }
    const Texts nothing;
    const auto list_in = [&](const std::map<std::string, Texts>& side, const std::string& name) {
      const auto found = side.find(name);
      return found == side.end() ? nothing : found->second;
    };
    Texts merged;
    for (const std::string& name : names) {
      const Texts a = list_in(ours, name);
      const Texts b = list_in(theirs, name);
      const Texts o = list_in(base, name);
      if (a != b && a != o && b != o) {
        conflicts_.push_back(where + ": ours asks for " + shown(a) + ", theirs for " + shown(b));
      }
      const Texts& taken = a == o ? b : a;
      merged.insert(merged.end(), taken.begin(), taken.end());
    }
    std::sort(merged.begin(), merged.end());
    return merged;
  }

  LockInputs::File file(const std::string& path, const Sides<const LockInputs::File>& sides) {
    using File = LockInputs::File;
    LockInputs::File merged;
    merged.path = path;
    merged.specs = specs(path, sides.of([](const File& f) -> const Texts& { return f.specs; }));
    merged.platform_specs = map(sides.of([](const File& f) -> const std::map<Platform, Texts>& {
      return f.platform_specs;
    }),
                                [&](const Platform& platform, const Sides<const Texts>& lists) {
                                  return specs(path + " for " + platform.subdir(), lists);
                                });
    // The order of pip's lines can matter, so that they are merged as a whole.
    merged.pip =
        whole(path + ": 'pip:'", sides.of([](const File& f) -> const Texts& { return f.pip; }));
    merged.platform_pip = map(
        sides.of([](const File& f) -> const std::map<Platform, Texts>& { return f.platform_pip; }),
        [&](const Platform& platform, const Sides<const Texts>& lists) {
          return whole<const Texts>(path + ": 'pip:' for " + platform.subdir(), lists);
        });
    return merged;
  }

  LockInputs inputs(const Sides<const LockInputs>& sides) {
    using In = LockInputs;
    LockInputs merged;
    std::vector<Texts> paths;
    for (const In* side : {&sides.base, &sides.ours, &sides.theirs}) {
      Texts& list = paths.emplace_back();
      for (const In::File& each : side->files) list.push_back(each.path);
    }
    const auto file_in = [](const In& side, const std::string& path) {
      const auto found = std::ranges::find(side.files, path, &In::File::path);
      return found == side.files.end() ? In::File{} : *found;
    };
    for (const std::string& path :
         whole<const Texts>("which files are asked", {paths[0], paths[1], paths[2]})) {
      const In::File base = file_in(sides.base, path);
      const In::File ours = file_in(sides.ours, path);
      const In::File theirs = file_in(sides.theirs, path);
      merged.files.push_back(file(path, {base, ours, theirs}));
    }
    merged.channels =
        whole("the channels", sides.of([](const In& in) -> const auto& { return in.channels; }));
    merged.platforms = platforms(sides);
    merged.virtual_packages =
        map(sides.of([](const In& in) -> const auto& { return in.virtual_packages; }),
            [&](const Platform& platform, const Sides<const std::vector<VirtualPackage>>& lists) {
              return whole("the virtual packages of " + platform.subdir(), lists);
            });
    merged.channel_priority =
        whole("the channel priority",
              sides.of([](const In& in) -> const auto& { return in.channel_priority; }));
    merged.exclude_newer = exclude_newer(sides);
    merged.strategy =
        whole("the strategy", sides.of([](const In& in) -> const auto& { return in.strategy; }));
    merged.denied = set(sides.of([](const In& in) -> const Texts& { return in.denied; }));
    merged.owns = map(sides.of([](const In& in) -> const auto& { return in.owns; }),
                      [](const std::string&, const Sides<const Texts>& lists) {
                        return set<std::string>(lists);
                      });
    merged.same_versions_as =
        whole("'same_versions_as'",
              sides.of([](const In& in) -> const auto& { return in.same_versions_as; }));
    merged.keep_records_without_timestamp = whole(
        "'keep_records_without_timestamp'",
        sides.of([](const In& in) -> const bool& { return in.keep_records_without_timestamp; }));
    merged.pypi_indexes =
        whole("the indexes of 'pypi:'",
              sides.of([](const In& in) -> const auto& { return in.pypi_indexes; }));
    merged.pypi_names = whole("the names of 'pypi:'",
                              sides.of([](const In& in) -> const auto& { return in.pypi_names; }));
    return merged;
  }

  /// Of no platform that both have may two sides assume different things.
  std::map<Platform, LockPlatform> platforms_of(const Sides<const Lockfile>& sides) {
    return map(sides.of([](const Lockfile& lock) -> const auto& { return lock.platforms; }),
               [&](const Platform& platform, const Sides<const LockPlatform>& locked) {
                 LockPlatform merged;
                 merged.virtual_packages =
                     whole("the virtual packages of " + platform.subdir(), locked.of([
                     ](const LockPlatform& p) -> const auto& { return p.virtual_packages; }));
                 merged.packages = merge_preferences(locked.base, locked.ours, locked.theirs);
                 return merged;
               });
  }

  /// What several fields tell is told once.
  Texts take_conflicts() {
    std::sort(conflicts_.begin(), conflicts_.end());
    conflicts_.erase(std::unique(conflicts_.begin(), conflicts_.end()), conflicts_.end());
    return std::move(conflicts_);
  }

 private:
  /// Kept is what both have, and what one of them added.
  static bool is_kept(bool in_base, bool in_ours, bool in_theirs) {
    return in_ours == in_theirs ? in_ours : !in_base;
  }

  std::vector<Platform> platforms(const Sides<const LockInputs>& sides) {
    const auto lists = sides.of([](const LockInputs& in) -> const auto& { return in.platforms; });
    // No list is another thing than an empty one: "as the lock has it".
    if (lists.ours.empty() || lists.theirs.empty()) return whole("the platforms", lists);
    return set(lists);
  }

  /// What is asked, with the later of two cutoffs: today's clock has no part in a merge.
  std::optional<ExcludeNewer> exclude_newer(const Sides<const LockInputs>& sides) {
    const auto asked = [](const LockInputs& in) {
      return in.exclude_newer ? in.exclude_newer->asked : std::string();
    };
    const std::string base = asked(sides.base);
    const std::string ours = asked(sides.ours);
    const std::string theirs = asked(sides.theirs);
    const std::string merged = whole<const std::string>("'exclude_newer'", {base, ours, theirs});
    std::optional<ExcludeNewer> result;
    for (const LockInputs* side : {&sides.ours, &sides.theirs}) {
      if (merged.empty() || asked(*side) != merged) continue;
      if (!result || result->cutoff < side->exclude_newer->cutoff) result = side->exclude_newer;
    }
    return result;
  }

  Texts conflicts_;
};

}  // namespace

LockMerge merge_locks(const Lockfile* base, const Lockfile& ours, const Lockfile& theirs) {
  const Lockfile nothing;
  const Sides<const Lockfile> sides{base == nullptr ? nothing : *base, ours, theirs};
  Merge merge;
  LockMerge result;
  Lockfile& lock = result.lock;
  lock.inputs = merge.inputs(sides.of([](const Lockfile& l) -> const auto& { return l.inputs; }));
  lock.platforms = merge.platforms_of(sides);
  lock.variables = merge.map(sides.of([](const Lockfile& l) -> const auto& { return l.variables; }),
                             [&](const std::string& name, const Sides<const std::string>& values) {
                               return merge.whole("the variable '" + name + "'", values);
                             });
  lock.incomplete =
      Merge::set(sides.of([](const Lockfile& l) -> const auto& { return l.incomplete; }));
  lock.complete = lock.incomplete.empty();
  result.conflicts = merge.take_conflicts();
  return result;
}

}  // namespace envlock
