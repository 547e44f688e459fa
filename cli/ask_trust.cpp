#include "cli/ask_trust.hpp"

#include <algorithm>

namespace envlock {

void add_trust(std::vector<AskedChannel>& channels, const std::optional<ProjectFile>& project,
               Instant now) {
  if (!project) return;
  const ChannelNames names = channel_names(project, project->dir);
  for (const Project::ChannelRule& rule : project->project.channels) {
    const auto url = names.named.find(rule.name);
    for (AskedChannel& asked : channels) {
      if (url == names.named.end() || url->second != asked.channel.url) continue;
      // Whoever can change the file in the work tree could bring a root of their own.
      if (rule.trust.looks_at_signatures() && project->project.path.starts_with("git:") &&
          !rule.trust.root_sha256)
        throw TrustError(
            rule.place.to_string() + ": the root of channel '" + rule.name +
                "' is read from the work tree, and nothing pins it",
            "add root_sha256 to the channel; 'sha256sum " + rule.trust.root + "' prints it");
      asked.trust = rule.trust;
      if (rule.trust.looks_at_signatures())
        asked.root = {(project->dir / rule.trust.root).lexically_normal(), rule.place};
      if (!rule.trust.minimum_age.empty())
        asked.newest = parse_exclude_newer(rule.trust.minimum_age, now).cutoff;
    }
  }
}

std::string trust_for_lock(const TrustRule& rule) {
  return rule.looks_at_signatures() ? "signatures=" + std::string(to_string(rule.signatures))
                                    : "sha256";
}

std::optional<std::string> age_fault(const PackageRecord& record, Instant newest,
                                     bool keep_without_timestamp) {
  const bool has_indexed = record.indexed_timestamp_ms.value_or(0) != 0;
  const std::int64_t time =
      (has_indexed ? record.indexed_timestamp_ms : record.timestamp_ms).value_or(0);
  if (time == 0) {
    if (keep_without_timestamp) return std::nullopt;
    return "has no timestamp, which its channel's 'minimum_age' needs";
  }
  if (time <= newest.ms) return std::nullopt;
  return "is of " + Instant{time}.to_string() +
         ", younger than its channel's 'minimum_age' allows (" + newest.to_string() + ")";
}

}  // namespace envlock
