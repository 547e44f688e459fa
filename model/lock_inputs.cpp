#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "model/lockfile.hpp"
#include "model/package_name.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

using Texts = std::vector<std::string>;

std::string joined(const Texts& list, std::string_view where_empty = "none") {
  if (list.empty()) return std::string(where_empty);
  std::string out;
  for (const std::string& text : list) {
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

std::string name_in(std::string_view spec) { return to_lower(name_in_spec(spec)); }

/// What `from` holds more of than `of`, in `from`'s order.
Texts surplus(const Texts& from, const Texts& of) {
  std::multiset<std::string_view> others(of.begin(), of.end());
  Texts out;
  for (const std::string& text : from) {
    if (const auto at = others.find(text); at != others.end()) {
      others.erase(at);
    } else {
      out.push_back(text);
    }
  }
  return out;
}

class Comparison {
 public:
  void text(const std::string& field, const std::string& locked, const std::string& current) {
    if (locked != current) changes_.push_back({field, locked, current, {}});
  }

  /// Texts of one package on both sides become one change.
  void list(const std::string& field, const Texts& locked, const Texts& current,
            const LockInputs::File* file = nullptr) {
    const auto place = [&](const std::string& current_text) {
      return file == nullptr ? SourcePlace{} : place_in(*file, current_text);
    };
    const Texts removed = surplus(locked, current);
    const Texts added = surplus(current, locked);
    std::multimap<std::string, std::size_t> unpaired;
    for (std::size_t i = 0; i < added.size(); ++i) unpaired.emplace(name_in(added[i]), i);
    for (const std::string& old_text : removed) {
      const auto same = unpaired.lower_bound(name_in(old_text));
      if (same == unpaired.end() || same->first != name_in(old_text)) {
        changes_.push_back({field, old_text, "", place("")});
      } else {
        changes_.push_back({field, old_text, added[same->second], place(added[same->second])});
        unpaired.erase(same);
      }
    }
    for (const auto& [name, i] : unpaired) {
      changes_.push_back({field, "", added[i], place(added[i])});
    }
    if (removed.empty() && added.empty() && locked != current) {
      changes_.push_back({field, joined(locked), joined(current), place("")});
    }
  }

  /// Calls `compare(field, locked, current)` for each key of either map, with null where a side
  /// lacks it.
  template <class Key, class Value, class Compare>
  static void map(const std::string& field, const std::map<Key, Value>& locked,
                  const std::map<Key, Value>& current, Compare compare) {
    const auto value_in = [](const std::map<Key, Value>& in, const Key& key) {
      const auto at = in.find(key);
      return at == in.end() ? nullptr : &at->second;
    };
    std::set<Key> keys;
    for (const auto& entry : locked) keys.insert(entry.first);
    for (const auto& entry : current) keys.insert(entry.first);
    for (const Key& key : keys) {
      compare(field + key_text(key), value_in(locked, key), value_in(current, key));
    }
  }

  template <class Key>
  void lists(const std::string& field, const std::map<Key, Texts>& locked,
             const std::map<Key, Texts>& current, const LockInputs::File* file = nullptr) {
    map(field, locked, current, [&](const std::string& of, const Texts* a, const Texts* b) {
      const bool both_empty = (a == nullptr || a->empty()) && (b == nullptr || b->empty());
      if (both_empty) return text(of, a == nullptr ? "" : "none", b == nullptr ? "" : "none");
      list(of, a == nullptr ? Texts{} : *a, b == nullptr ? Texts{} : *b, file);
    });
  }

  void file(const LockInputs::File& locked, const LockInputs::File& current) {
    list(current.path + ": specs", locked.specs, current.specs, &current);
    lists(current.path + ": specs for ", locked.platform_specs, current.platform_specs, &current);
    list(current.path + ": pip", locked.pip, current.pip, &current);
    lists(current.path + ": pip for ", locked.platform_pip, current.platform_pip, &current);
  }

  void channels(const std::string& field, const std::vector<LockInputs::Channel>& locked,
                const std::vector<LockInputs::Channel>& current) {
    text(field, names(locked), names(current));
    for (const LockInputs::Channel& now : current) {
      const auto old = std::find_if(locked.begin(), locked.end(),
                                    [&](const auto& channel) { return channel.name == now.name; });
      if (old == locked.end()) continue;
      const std::string of = field + "." + now.name + ".";
      text(of + "url", old->url, now.url);
      text(of + "trust", old->trust, now.trust);
      text(of + "minimum_age", old->minimum_age, now.minimum_age);
      text(of + "subdirs", joined(old->subdirs, "all"), joined(now.subdirs, "all"));
    }
  }

  void files(const std::vector<LockInputs::File>& locked,
             const std::vector<LockInputs::File>& current) {
    const auto paths = [](const std::vector<LockInputs::File>& list) {
      Texts out;
      for (const LockInputs::File& item : list) out.push_back(item.path);
      return out;
    };
    list("files", paths(locked), paths(current));
    for (const LockInputs::File& now : current) {
      const auto old = std::find_if(locked.begin(), locked.end(),
                                    [&](const auto& item) { return item.path == now.path; });
      if (old != locked.end()) file(*old, now);
    }
  }

  std::vector<InputChange> take() { return std::move(changes_); }

 private:
  static std::string key_text(const Platform& platform) { return platform.subdir(); }
  static std::string key_text(const std::string& text) { return text; }

  static std::string names(const std::vector<LockInputs::Channel>& channels) {
    Texts out;
    for (const LockInputs::Channel& channel : channels) out.push_back(channel.name);
    return joined(out);
  }

  static SourcePlace place_in(const LockInputs::File& file, const std::string& text) {
    const auto at = file.lines.find(text);
    return {file.path, at == file.lines.end() ? 0 : at->second, 0};
  }

  std::vector<InputChange> changes_;
};

/// "" where nothing was said.
std::string shown(const std::vector<VirtualPackage>* list) {
  if (list == nullptr) return "";
  Texts out;
  for (const VirtualPackage& package : *list) out.push_back(package.to_string());
  return joined(out);
}

std::string asked(const std::optional<ExcludeNewer>& exclude_newer) {
  return exclude_newer ? exclude_newer->asked : "";
}

std::string shown(const std::vector<Platform>& platforms) {
  Texts out;
  for (const Platform& platform : platforms) out.push_back(platform.subdir());
  return joined(out, "");
}

Texts shown(const std::vector<LockInputs::PypiIndex>& indexes) {
  Texts out;
  for (const LockInputs::PypiIndex& index : indexes)
    out.push_back(index.url + " for " + joined(index.packages, "all others"));
  return out;
}

auto compared(const LockInputs& a) {
  return std::tie(a.files, a.channels, a.spec_channels, a.platforms, a.virtual_packages,
                  a.channel_priority, a.strategy, a.denied, a.owns, a.same_versions_as,
                  a.keep_records_without_timestamp, a.pypi_indexes, a.pypi_names);
}

}  // namespace

bool operator==(const LockInputs::File& a, const LockInputs::File& b) {
  return std::tie(a.path, a.specs, a.platform_specs, a.pip, a.platform_pip) ==
         std::tie(b.path, b.specs, b.platform_specs, b.pip, b.platform_pip);
}

bool operator==(const LockInputs& a, const LockInputs& b) {
  return compared(a) == compared(b) && a.exclude_newer.has_value() == b.exclude_newer.has_value() &&
         asked(a.exclude_newer) == asked(b.exclude_newer);
}

LockInputs with_kept_answers(LockInputs current, const LockInputs& locked) {
  if (current.platforms.empty()) current.platforms = locked.platforms;
  current.virtual_packages.insert(locked.virtual_packages.begin(), locked.virtual_packages.end());
  return current;
}

std::vector<InputChange> compare_inputs(const LockInputs& locked, const LockInputs& current) {
  Comparison out;
  out.files(locked.files, current.files);
  out.channels("channels", locked.channels, current.channels);
  out.channels("spec_channels", locked.spec_channels, current.spec_channels);
  out.text("platforms", shown(locked.platforms), shown(current.platforms));
  Comparison::map("virtual_packages: ", locked.virtual_packages, current.virtual_packages,
                  [&](const std::string& field, const auto* a, const auto* b) {
                    out.text(field, shown(a), shown(b));
                  });
  out.text("channel_priority", std::string(to_string(locked.channel_priority)),
           std::string(to_string(current.channel_priority)));
  out.text("exclude_newer", asked(locked.exclude_newer), asked(current.exclude_newer));
  out.text("strategy", locked.strategy, current.strategy);
  out.list("denied", locked.denied, current.denied);
  out.lists("owns: ", locked.owns, current.owns);
  out.text("same_versions_as", locked.same_versions_as.value_or(""),
           current.same_versions_as.value_or(""));
  out.text("keep_records_without_timestamp",
           locked.keep_records_without_timestamp ? "true" : "false",
           current.keep_records_without_timestamp ? "true" : "false");
  out.list("pypi_indexes", shown(locked.pypi_indexes), shown(current.pypi_indexes));
  out.lists("pypi_names: ", locked.pypi_names, current.pypi_names);
  return out.take();
}

}  // namespace envlock
