#include "cli/network_rules.hpp"

#include <utility>

#include "cli/credentials.hpp"
#include "cli/version.hpp"

namespace envlock {

NetworkRules network_rules(const std::optional<ProjectFile>& project) {
  if (!project) return {};
  NetworkRules rules{credential_channels(project), project->project.plain_http, {}};
  const ChannelNames names = channel_names(project, project->dir);
  for (const Project::ChannelRule& rule : project->project.channels) {
    for (const MirrorRule& mirror : rule.mirrors) {
      if (mirror.serves_metadata)
        rules.metadata_mirrors[names.named.at(rule.name)].push_back(
            mirror.url(project->dir.string()));
    }
  }
  return rules;
}

HttpSettings http_settings(Context& context, std::vector<std::string> plain_http_origins) {
  HttpSettings settings;
  settings.user_agent = "envlock/" + std::string(program_version());
  settings.ca_file = context.environment("SSL_CERT_FILE").value_or("");
  settings.ca_dir = context.environment("SSL_CERT_DIR").value_or("");
  settings.plain_http_origins = std::move(plain_http_origins);
  return settings;
}

}  // namespace envlock
