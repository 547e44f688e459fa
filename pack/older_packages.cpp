#include "pack/older_packages.hpp"

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

}  // namespace

std::vector<OlderPackage> older_packages(const std::string& prefix, const Baseline& successor) {
  std::vector<OlderPackage> older;
  try {
    for (const auto& package : read_installed_state(open_folder(prefix).get(), prefix).packages) {
      const PackageRecord& before = package.record.record;
      const std::string name = distinct_name(before);
      const auto after =
          std::ranges::lower_bound(successor.packages, name, {}, &BaselinePackage::name);
      if (after == successor.packages.end() || after->name != name) continue;
      if (is_older(*after, before)) {
        older.push_back(
            {name, before.version + ' ' + before.build, after->version + ' ' + after->build});
      }
    }
  } catch (const InputError&) {
    return {};  // whose own records are damaged says nothing of what it has
  }
  return older;
}

std::vector<std::string> told_older(const std::vector<OlderPackage>& packages) {
  constexpr std::size_t most = 20;
  std::vector<std::string> lines;
  if (!packages.empty()) {
    lines.push_back("the pack goes back in time: " + counted(packages.size(), "package") +
                    (packages.size() == 1 ? " is older" : " are older") +
                    " than in the environment that is replaced:");
  }
  for (const OlderPackage& package : packages) {
    if (lines.size() > most) {
      lines.push_back("  and " + std::to_string(packages.size() - most) + " more");
      break;
    }
    lines.push_back("  " + package.name + ": " + package.before + " -> " + package.after);
  }
  return lines;
}

}  // namespace envlock
