#include "pack/lost_packages.hpp"

#include <algorithm>
#include <charconv>
#include <compare>
#include <cstdint>
#include <string_view>

#include "model/error.hpp"
#include "model/text.hpp"
#include "model/version.hpp"
#include "pack/directory_sink.hpp"
#include "pack/installed_state.hpp"

namespace envlock {
namespace {

/// The number after the last '_' of a build string ("py311_2"), or all of it; 0: there is none.
std::uint64_t build_number(std::string_view build) {
  const std::string_view text = build.substr(build.rfind('_') + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

bool is_older(const BaselinePackage& after, const PackageRecord& before) {
  const auto old_version = Version::parse(before.version);
  const auto new_version = Version::parse(after.version);
  if (!old_version || !new_version) return false;
  const std::strong_ordering order = *new_version <=> *old_version;
  if (order != 0) return order < 0;
  return build_number(after.build) < build_number(before.build);
}

/// The first twenty, and how many more there are.
void tell(std::string head, const std::vector<std::string>& items,
          std::vector<std::string>& lines) {
  constexpr std::size_t most = 20;
  if (items.empty()) return;
  lines.push_back(std::move(head));
  for (std::size_t i = 0; i < std::min(most, items.size()); ++i) lines.push_back("  " + items[i]);
  if (items.size() > most)
    lines.push_back("  and " + std::to_string(items.size() - most) + " more");
}

}  // namespace

LostPackages lost_packages(const std::string& prefix, const Baseline& successor) {
  LostPackages lost;
  try {
    for (const auto& package : read_installed_state(open_folder(prefix).get(), prefix).packages) {
      const PackageRecord& before = package.record.record;
      const std::string name = distinct_name(before);
      const auto after =
          std::ranges::lower_bound(successor.packages, name, {}, &BaselinePackage::name);
      if (after == successor.packages.end() || after->name != name) {
        lost.gone.push_back(name + ' ' + before.version + ' ' + before.build);
      } else if (is_older(*after, before)) {
        lost.older.push_back(
            {name, before.version + ' ' + before.build, after->version + ' ' + after->build});
      }
    }
  } catch (const InputError&) {
    return {};  // whose own records are damaged says nothing of what it has
  }
  std::ranges::sort(lost.gone);
  return lost;
}

std::vector<std::string> told_lost(const LostPackages& lost) {
  std::vector<std::string> lines;
  std::vector<std::string> older;
  for (const OlderPackage& package : lost.older)
    older.push_back(package.name + ": " + package.before + " -> " + package.after);
  tell("the pack goes back in time: " + counted(older.size(), "package") +
           (older.size() == 1 ? " is older" : " are older") +
           " than in the environment that is replaced:",
       older, lines);
  tell("the pack does not have " + counted(lost.gone.size(), "package") +
           " of the environment that is replaced:",
       lost.gone, lines);
  return lines;
}

}  // namespace envlock
