#include "model/host_floors.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/cuda_floor.hpp"
#include "model/match_spec.hpp"

namespace envlock {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Every version that stands in `text`, as two or three numbers: "2.17", and "12" as "12.0".
void add_stated(std::string_view text, std::vector<NumberVersion>& out) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    int dots = 0;
    while (end < text.size() && (is_digit(text[end]) || (text[end] == '.' && dots < 3))) {
      if (text[end] == '.') ++dots;
      ++end;
    }
    std::string number(text.substr(at, end - at));
    while (number.back() == '.') number.pop_back();
    if (number.find('.') == std::string::npos) number += ".0";
    if (const auto version = NumberVersion::parse(number)) out.push_back(*version);
    at = end;
  }
}

/// What comes next after a version, for specs such as ">2.17".
void add_following(std::vector<NumberVersion>& versions) {
  const std::size_t count = versions.size();
  for (std::size_t i = 0; i < count; ++i) {
    const NumberVersion version = versions[i];
    const std::string head = std::to_string(version.part(0)) + '.';
    for (const std::string& next :
         {head + std::to_string(version.part(1)) + '.' + std::to_string(version.part(2) + 1),
          head + std::to_string(version.part(1) + 1)}) {
      if (const auto one = NumberVersion::parse(next)) versions.push_back(*one);
    }
  }
}

void raise(std::optional<HostFloor>& floor, const std::optional<NumberVersion>& version,
           const std::string& package) {
  if (!version) return;
  if (!floor || floor->version < *version) floor = HostFloor{*version, package};
}

/// The lowest level whose generic name an `__archspec` spec accepts; 0 where it is about a
/// particular processor.
unsigned level_of(const MatchSpec& spec) {
  for (unsigned level = 1; level <= 4; ++level) {
    const std::string build = level == 1 ? "x86_64" : "x86_64_v" + std::to_string(level);
    if (spec.matches_build(build, 0)) return level;
  }
  return 0;
}

}  // namespace

std::optional<NumberVersion> version_floor(std::string_view text) {
  const MatchSpec spec = MatchSpec::parse(text);
  if (spec.version().is_any()) return std::nullopt;
  std::vector<NumberVersion> versions;
  add_stated(spec.version().to_string(), versions);
  add_following(versions);
  std::sort(versions.begin(), versions.end());
  // "<3" accepts all that is old.
  const auto oldest = Version::parse("0.1");
  if (oldest && spec.version().matches(*oldest)) return std::nullopt;
  for (const NumberVersion& version : versions) {
    const auto parsed = Version::parse(version.text());
    if (parsed && spec.version().matches(*parsed)) return version;
  }
  return std::nullopt;
}

HostRequirements host_floors(const Platform& platform, const LockPlatform& locked) {
  HostRequirements needs;
  needs.platform = platform;
  std::set<std::string_view> seen;  // thousands of packages ask the same, and parsing it costs
  for (const LockedPackage& package : locked.packages) {
    const PackageRecord& record = package.record;
    for (const auto* list : {&record.depends, &record.constrains}) {
      for (const std::string& text : *list) {
        if (!text.starts_with("__") || !seen.insert(text).second) continue;
        const MatchSpec spec = MatchSpec::parse(text);
        if (spec.name() == "__glibc") raise(needs.glibc, version_floor(text), record.name);
        if (spec.name() == "__linux") raise(needs.kernel, version_floor(text), record.name);
        if (spec.name() != "__archspec" || platform.subdir() != "linux-64") continue;
        const unsigned level = level_of(spec);
        if (level <= needs.x86_64_level) continue;
        needs.x86_64_level = level;
        needs.x86_64_level_package = record.name;
      }
    }
  }
  CudaNeeds cuda = cuda_needs(locked);
  needs.cuda = std::move(cuda.made_with);
  needs.cuda_strict = std::move(cuda.strict);
  return needs;
}

}  // namespace envlock
