#include "cli/host_fit.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "model/match_spec.hpp"
#include "model/version.hpp"

namespace envlock {
namespace {

const VirtualPackage* find(std::span<const VirtualPackage> host, std::string_view name) {
  const auto found = std::ranges::find(host, name, &VirtualPackage::name);
  return found == host.end() ? nullptr : &*found;
}

bool meets(const VirtualPackage& package, const MatchSpec& spec) {
  return spec.version().matches(Version::parse_or_throw(package.version)) &&
         spec.matches_build(package.build, 0);
}

}  // namespace

HostFit host_fit(const LockPlatform& locked, std::span<const VirtualPackage> host) {
  std::map<std::string, std::set<std::string>> asked;  // text -> who asks
  std::set<std::string> constraints;
  for (const LockedPackage& package : locked.packages) {
    for (const std::string& text : package.record.depends) {
      if (text.starts_with("__")) asked[text].insert(package.record.name);
    }
    for (const std::string& text : package.record.constrains) {
      if (!text.starts_with("__")) continue;
      asked[text].insert(package.record.name);
      constraints.insert(text);
    }
  }
  HostFit fit;
  for (const auto& [text, names] : asked) {
    const MatchSpec spec = MatchSpec::parse(text);
    const VirtualPackage* package = find(host, spec.name());
    if (package == nullptr ? constraints.contains(text) : meets(*package, spec)) continue;
    const std::string what =
        *names.begin() +
        (names.size() > 1 ? " and " + std::to_string(names.size() - 1) + " more need" : " needs") +
        " '" + text + "', and this machine has " +
        (package == nullptr ? "no " + spec.name() : package->name + ' ' + package->version);
    (spec.name().starts_with("__cuda") ? fit.warnings : fit.unfit).push_back(what);
  }
  return fit;
}

}  // namespace envlock
