#include "cli/adopt_policy.hpp"

#include <algorithm>

#include "cli/ask_trust.hpp"
#include "cli/denied_spec.hpp"
#include "cli/wheel_policy.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t shown_breaches = 10;

class Judge {
 public:
  Judge(const SolveAsk& ask, const Project& project, ChannelNames names)
      : ask_(ask), project_(project), names_(std::move(names)) {
    std::vector<Request> denied;
    for (const Project::DeniedPackage& package : project.denied)
      denied.push_back({package.spec, package.place});
    denied_ = denied_specs(denied, names_);
  }

  void judge(const Platform& platform, const LockedPackage& package) {
    const PackageRecord& record = package.record;
    const std::string id =
        platform.subdir() + ": " + record.name + '-' + record.version + '-' + record.build;
    for (const DeniedSpec& one : denied_) {
      if (one.forbids(record))
        breaches_.push_back(id + " is denied by '" + one.request.text + "' (" +
                            one.request.place.to_string() + ")");
    }
    for (const Project::ChannelRule& rule : project_.channels) {
      const auto owner = names_.named.find(rule.name);
      if (owner != names_.named.end() && owner->second.to_string() == record.channel_url) continue;
      for (const std::string& pattern : rule.owns) {
        if (MatchSpec::parse(pattern).matches_name(record.name))
          breaches_.push_back(id + " comes from the channel '" + package.channel + "', but '" +
                              pattern + "' belongs to '" + rule.name + "'");
      }
    }
    for (const AskedChannel& asked : ask_.channels) {
      if (asked.channel.name != package.channel || !asked.newest) continue;
      if (const auto fault =
              age_fault(record, *asked.newest, project_.keep_records_without_timestamp))
        breaches_.push_back(id + ' ' + *fault);
    }
  }

  void add(std::string breach) { breaches_.push_back(std::move(breach)); }

  void require_none() const {
    if (breaches_.empty()) return;
    std::string message =
        "'" + project_.path + "' does not allow " + counted(breaches_.size(), "package");
    for (std::size_t i = 0; i < std::min(breaches_.size(), shown_breaches); ++i)
      message += "\n  " + breaches_[i];
    if (breaches_.size() > shown_breaches)
      message += "\n  and " + std::to_string(breaches_.size() - shown_breaches) + " more";
    throw TrustError(message, "lock the environment anew with 'envlock solve', which finds others");
  }

 private:
  const SolveAsk& ask_;
  const Project& project_;
  ChannelNames names_;
  std::vector<DeniedSpec> denied_;
  std::vector<std::string> breaches_;
};

}  // namespace

void require_allowed(const Lockfile& lock, const SolveAsk& ask,
                     const std::optional<ProjectFile>& project) {
  if (!project) return;
  Judge judge(ask, project->project, channel_names(project, project->dir));
  for (const auto& [platform, content] : lock.platforms) {
    for (const LockedPackage& package : content.packages) judge.judge(platform, package);
  }
  for (WheelPolicy::Breach& one : WheelPolicy(*project).judge(lock).breaches)
    judge.add(std::move(one.text));
  judge.require_none();
}

}  // namespace envlock
