#include "cli/fetch_policy.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cli/ask_trust.hpp"
#include "cli/denied_spec.hpp"
#include "cli/wheel_policy.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_breaches_shown = 20;

struct OwnedNames {
  std::string channel;  ///< As envlock.yml calls it.
  std::string url;
  std::vector<MatchSpec> patterns;
  std::vector<std::string> texts;
};

std::vector<OwnedNames> owned_names(const ProjectFile& project, const ChannelNames& names) {
  std::vector<OwnedNames> owned;
  for (const Project::ChannelRule& rule : project.project.channels) {
    OwnedNames one{rule.name, names.named.at(rule.name).to_string(), {}, rule.owns};
    for (const std::string& pattern : rule.owns) one.patterns.push_back(MatchSpec::parse(pattern));
    if (!one.patterns.empty()) owned.push_back(std::move(one));
  }
  return owned;
}

/// What envlock.yml demands of a channel's publishers and a locked package does not show.
std::optional<std::string> trust_fault(const LockedPackage& package, const TrustRule& rule,
                                       Instant now, bool keeps_without_time) {
  if (rule.signatures == SignaturePolicy::require && package.signed_by.empty())
    return "was locked without the signatures that its channel needs";
  if (rule.minimum_age.empty()) return std::nullopt;
  return age_fault(package.record, parse_exclude_newer(rule.minimum_age, now).cutoff,
                   keeps_without_time);
}

}  // namespace

std::vector<std::string> policy_breaches(const Lockfile& lock, std::span<const Platform> platforms,
                                         const ProjectFile& project, Instant now) {
  const bool keeps_without_time = project.project.keep_records_without_timestamp;
  const ChannelNames names = channel_names(project, project.dir);
  std::set<std::string> allowed;
  for (const auto& [name, url] : names.named) allowed.insert(url.to_string());
  std::vector<Request> denied;
  for (const Project::DeniedPackage& one : project.project.denied)
    denied.push_back({one.spec, one.place});
  const std::vector<DeniedSpec> forbidden = denied_specs(denied, names);
  const std::vector<OwnedNames> owned = owned_names(project, names);

  std::set<std::string> breaches;  // a noarch package of two platforms breaks a rule once
  for (const Platform& platform : platforms) {
    for (const LockedPackage& package : lock.platforms.at(platform).packages) {
      const PackageRecord& record = package.record;
      if (!allowed.empty() && !allowed.contains(record.channel_url))
        breaches.insert("'" + record.fn + "' is of channel '" + package.channel + "' (" +
                        record.channel_url + "), which '" + project.project.path +
                        "' does not list");
      for (const Project::ChannelRule& rule : project.project.channels) {
        if (names.named.at(rule.name).to_string() != record.channel_url) continue;
        if (const auto fault = trust_fault(package, rule.trust, now, keeps_without_time))
          breaches.insert("'" + record.fn + "' " + *fault);
      }
      for (const DeniedSpec& one : forbidden) {
        if (one.forbids(record))
          breaches.insert("'" + record.fn + "' is denied by " + one.request.place.to_string() +
                          ": '" + one.request.text + "'");
      }
      for (const OwnedNames& one : owned) {
        if (one.url == record.channel_url) continue;
        for (std::size_t i = 0; i < one.patterns.size(); ++i) {
          if (one.patterns[i].matches_name(record.name))
            breaches.insert("'" + record.fn + "' is of channel '" + package.channel + "', but '" +
                            one.texts[i] + "' belongs to '" + one.channel + "'");
        }
      }
    }
  }
  for (const WheelPolicy::Breach& one : WheelPolicy(project).judge(lock, platforms).breaches)
    breaches.insert(one.text);
  return {breaches.begin(), breaches.end()};
}

void require_policy(const Lockfile& lock, const std::string& lock_path,
                    std::span<const Platform> platforms, const ProjectFile& project,
                    Context& context) {
  const std::vector<std::string> breaches =
      policy_breaches(lock, platforms, project, context.clock.now());
  for (const std::string& remark : WheelPolicy(project).judge(lock, platforms).remarks)
    context.console.note(remark);
  if (breaches.empty()) return;
  std::string text = "'" + lock_path + "' has what '" + project.project.path + "' does not allow:";
  for (std::size_t i = 0; i < std::min(breaches.size(), most_breaches_shown); ++i)
    text += "\n" + breaches[i];
  if (breaches.size() > most_breaches_shown)
    text += "\nand " + std::to_string(breaches.size() - most_breaches_shown) + " more";
  throw TrustError(text, "run 'envlock solve', which takes other packages where it can");
}

}  // namespace envlock
