#include "cli/adopt_assumed.hpp"

#include <algorithm>

#include "model/host_floors.hpp"
#include "model/match_spec.hpp"
#include "model/version.hpp"

namespace envlock {
namespace {

bool is_met(const MatchSpec& spec, const VirtualPackage& package) {
  const auto version = Version::parse(package.version);
  MatchFields fields;
  fields.name = package.name;
  fields.version = version ? &*version : nullptr;
  fields.build = package.build;
  return spec.matches(fields);
}

/// What would meet `spec`: its least version and its build, where it names one.
VirtualPackage wanted(const MatchSpec& spec, const std::string& text) {
  VirtualPackage out;
  out.name = spec.name();
  const auto floor = version_floor(text);
  out.version = floor ? floor->text() : "0";
  if (spec.build() && spec.build()->text().find_first_of("*^$") == std::string::npos)
    out.build = spec.build()->text();
  return out;
}

}  // namespace

std::vector<std::string> raise_assumed(const std::vector<PackageRecord>& records,
                                       const Platform& platform,
                                       std::vector<VirtualPackage>& assumed) {
  std::vector<std::string> changes;
  for (const PackageRecord& record : records) {
    for (const std::string& text : record.depends) {
      if (!text.starts_with("__")) continue;
      const MatchSpec spec = MatchSpec::parse(text);
      if (!spec.has_exact_name() || !virtual_package_fits(spec.name(), platform)) continue;
      const auto at = std::ranges::find(assumed, spec.name(), &VirtualPackage::name);
      if (at != assumed.end() && is_met(spec, *at)) continue;
      const VirtualPackage package = wanted(spec, text);
      if (!is_met(spec, package)) continue;
      changes.push_back("'" + package.to_string() + "' is assumed" +
                        (at == assumed.end() ? "" : " instead of '" + at->to_string() + "'") +
                        ", because '" + record.name + "' needs '" + text + "'");
      if (at == assumed.end()) {
        assumed.push_back(package);
      } else {
        *at = package;
      }
    }
  }
  std::ranges::sort(assumed);
  return changes;
}

}  // namespace envlock
