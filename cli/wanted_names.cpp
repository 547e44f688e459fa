#include "cli/wanted_names.hpp"

#include "model/match_spec.hpp"
#include "model/shard.hpp"

namespace envlock {

WantedNames names_to_solve(const SolveAsk& ask) {
  WantedNames wanted;
  for (const auto& [platform, requests] : ask.requests) {
    for (const Request& request : requests) {
      // What names nothing, solving refuses, with its place.
      if (std::string name = needed_name(request.text); !name.empty())
        wanted.names.insert(std::move(name));
    }
  }
  return wanted;
}

WantedNames names_in_lock(const Lockfile& lock) {
  WantedNames wanted;
  wanted.with_dependencies = false;
  for (const auto& [platform, locked] : lock.platforms)
    for (const LockedPackage& package : locked.packages) wanted.names.insert(package.record.name);
  return wanted;
}

WantedNames names_to_search(const std::string& text) {
  WantedNames wanted;
  wanted.with_dependencies = false;
  const MatchSpec spec = MatchSpec::parse(text);
  if (spec.has_exact_name())
    wanted.names.insert(spec.name());
  else
    wanted.matching = [spec](std::string_view name) { return spec.matches_name(name); };
  return wanted;
}

}  // namespace envlock
