#include "model/lock_preferences.hpp"

#include <array>
#include <map>
#include <string_view>
#include <tuple>

#include "model/version.hpp"

namespace envlock {
namespace {

auto rank(const PackageRecord& record) {
  return std::make_tuple(Version::parse(record.version), record.build_number,
                         record.timestamp_ms.value_or(0), record.sha256, record.url);
}

}  // namespace

std::vector<LockedPackage> merge_preferences(const LockPlatform& base, const LockPlatform& ours,
                                             const LockPlatform& theirs) {
  std::map<std::string_view, std::array<const LockedPackage*, 3>> names;
  const std::array<const LockPlatform*, 3> in_order = {&base, &ours, &theirs};
  for (std::size_t side = 0; side < in_order.size(); ++side) {
    for (const LockedPackage& package : in_order[side]->packages)
      names[package.record.name][side] = &package;
  }
  const auto same = [](const LockedPackage* a, const LockedPackage* b) {
    return a != nullptr && b != nullptr && a->record.sha256 == b->record.sha256 &&
           a->record.url == b->record.url;
  };
  std::vector<LockedPackage> preferred;
  for (const auto& [name, sides_of_name] : names) {
    const auto [was, mine, other] = sides_of_name;
    const LockedPackage* taken = mine != nullptr ? mine : other;
    if (taken == nullptr) continue;
    if (mine != nullptr && other != nullptr) {
      const bool other_is_higher = rank(mine->record) < rank(other->record);
      taken = same(was, mine) ? other : same(was, other) ? mine : other_is_higher ? other : mine;
    }
    preferred.push_back(*taken);
  }
  return preferred;
}

}  // namespace envlock
