#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "model/text.hpp"
#include "verify/diff/report.hpp"

namespace envlock {
namespace {

constexpr std::size_t least_together = 3;
constexpr std::size_t most_named = 8;
constexpr std::size_t most_why = 6;  ///< Told of one change.

/// What holds on all platforms, once; the rest with the platforms where it does.
std::vector<std::string> joined_why(const std::vector<const Change*>& members) {
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>> told;
  for (const Change* const member : members) {
    for (const std::string& why : member->why) {
      auto at = std::ranges::find(told, why, [](const auto& one) { return one.first; });
      if (at == told.end()) at = told.insert(told.end(), {why, {}});
      at->second.push_back(member->platform);
    }
  }
  std::vector<std::string> lines;
  for (const auto& [why, platforms] : told) {
    if (lines.size() == most_why) break;
    std::string line;
    if (platforms.size() != members.size()) {
      for (const std::string_view platform : platforms)
        line += (line.empty() ? "" : ", ") + std::string(platform);
      line += ": ";
    }
    lines.push_back(line.append(why));
  }
  return lines;
}

bool is_known_same(const Change& change) {
  const std::optional<Sha256>& was = change.before->record->sha256;
  const std::optional<Sha256>& is = change.after->record->sha256;
  return was && is && *was == *is;
}

bool is_other_build(const Change& change) {
  const PackageRecord& was = *change.before->record;
  const PackageRecord& is = *change.after->record;
  return was.version != is.version || was.build != is.build;
}

/// Whether it is one of those that a change of channels brings by the dozen. Other bytes under the
/// same version and build are none of them.
bool is_plain_switch(const Change& change) {
  const Rule* const rule = find_rule(diff_rules(), change.finding.rule);
  return rule != nullptr && rule->name == "channel-switch" && change.before != nullptr &&
         change.after != nullptr && (is_known_same(change) || is_other_build(change)) &&
         change.before->record->channel_url != change.after->record->channel_url;
}

std::string names_text(const std::vector<const FoldedChange*>& members) {
  // Those with other bytes first: what is cut off has the same.
  std::vector<std::string_view> names;
  for (const bool others : {true, false}) {
    for (const FoldedChange* const member : members) {
      const std::string_view name = member->change->name;
      if (is_other_build(*member->change) == others &&
          std::ranges::find(names, name) == names.end())
        names.push_back(name);
    }
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most_named); ++i)
    text += (text.empty() ? "" : ", ") + std::string(names[i]);
  if (names.size() > most_named)
    text += " and " + std::to_string(names.size() - most_named) + " more";
  return text;
}

/// Makes `first` stand for all.
void tell_together(FoldedChange& first, const std::vector<const FoldedChange*>& members) {
  std::set<std::string_view> names;
  std::set<std::string_view> same;
  std::set<std::string> platforms;
  for (const FoldedChange* const member : members) {
    names.insert(member->change->name);
    if (is_known_same(*member->change)) same.insert(member->change->name);
    platforms.insert(member->platforms.begin(), member->platforms.end());
  }
  const DiffPackage& before = *first.change->before;
  const DiffPackage& after = *first.change->after;
  const bool by_name = before.channel != after.channel;
  FoldedChange all = first;
  all.was = by_name ? std::string(before.channel) : before.record->channel_url;
  all.is = by_name ? std::string(after.channel) : after.record->channel_url;
  all.packages = names.size();
  all.message = "channels changed: " + all.was + " -> " + all.is + ": " +
                counted(names.size(), "package") + (names.size() == 1 ? " comes" : " come") +
                " from it, " + (same.size() == names.size() ? "all" : std::to_string(same.size())) +
                " with the same bytes";
  all.names = names_text(members);
  all.why.clear();
  all.everywhere =
      std::ranges::all_of(members, [](const FoldedChange* member) { return member->everywhere; });
  all.platforms.assign(platforms.begin(), platforms.end());
  first = std::move(all);
}

void gather_switches(std::vector<FoldedChange>& folded) {
  using Key = std::tuple<std::string_view, Severity, std::string_view, std::string_view>;
  std::map<Key, std::vector<std::size_t>> switches;
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const Change& change = *folded[i].change;
    if (!is_plain_switch(change)) continue;
    switches[{change.environment, change.finding.severity, change.before->record->channel_url,
              change.after->record->channel_url}]
        .push_back(i);
  }
  std::set<std::size_t> gone;
  for (const auto& [key, places] : switches) {
    if (places.size() < least_together) continue;
    std::vector<const FoldedChange*> members;
    for (const std::size_t i : places) members.push_back(&folded[i]);
    tell_together(folded[places.front()], members);
    gone.insert(places.begin() + 1, places.end());
  }
  std::size_t i = 0;
  std::erase_if(folded, [&](const FoldedChange&) { return gone.contains(i++); });
}

}  // namespace

std::vector<FoldedChange> fold(const DiffReport& report) {
  using Key = std::tuple<std::string_view, ChangeKind, std::string_view, std::string_view,
                         std::string_view, std::string_view, std::string_view>;
  std::vector<FoldedChange> folded;
  std::vector<std::vector<const Change*>> members;
  std::map<Key, std::size_t> places;
  for (const Change& change : report.result.changes) {
    const Finding& finding = change.finding;
    const Key key{change.environment, change.kind,   finding.rule,   change.name,
                  finding.expected,   finding.found, finding.message};
    const auto [at, is_new] = places.emplace(key, folded.size());
    if (is_new) {
      folded.push_back({.change = &change, .platforms = {}});
      members.emplace_back();
    }
    members[at->second].push_back(&change);
    if (!change.platform.empty()) folded[at->second].platforms.push_back(change.platform);
  }
  for (std::size_t i = 0; i < folded.size(); ++i) {
    FoldedChange& one = folded[i];
    one.why = joined_why(members[i]);
    std::size_t of_environment = 0;
    const std::string& environment = one.change->environment;
    for (const auto& [platform, totals] : report.result.totals)
      of_environment += environment.empty() || platform.starts_with(environment + '/') ? 1U : 0U;
    one.everywhere = one.platforms.size() == of_environment;
  }
  gather_switches(folded);
  std::ranges::stable_sort(folded, [](const FoldedChange& a, const FoldedChange& b) {
    return a.change->finding.severity > b.change->finding.severity;
  });
  return folded;
}

std::string platforms_text(const FoldedChange& change) {
  std::string text = change.change->environment;
  if (change.platforms.empty()) return text;
  std::string platforms;
  if (change.everywhere && change.platforms.size() > 1) {
    platforms = "all platforms";
  } else {
    for (const std::string& platform : change.platforms)
      platforms += (platforms.empty() ? "" : ", ") + platform;
  }
  return text.empty() ? platforms : text + ": " + platforms;
}

}  // namespace envlock
