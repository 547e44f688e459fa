#include "cli/credentials.hpp"

#include <chrono>
#include <utility>

namespace envlock {
namespace {

std::filesystem::path netrc_file(Context& context) {
  if (!context.settings.netrc) return {};
  const std::string named = context.environment("NETRC").value_or("");
  if (!named.empty()) return named;
  const std::string home = context.environment("HOME").value_or("");
  if (home.empty())
    throw UsageError("'--netrc' looks into ~/.netrc, and $HOME is not set",
                     "set NETRC to the file's path");
  return std::filesystem::path(home) / ".netrc";
}

}  // namespace

std::vector<CredentialChannel> credential_channels(const std::optional<ProjectFile>& project) {
  std::vector<CredentialChannel> channels;
  if (!project) return channels;
  const ChannelNames names = channel_names(project, project->dir);
  for (const Project::ChannelRule& rule : project->project.channels)
    channels.push_back({rule.name, names.named.at(rule.name), rule.is_private, rule.credentials});
  for (const PypiIndex& index : project->project.pypi.indexes)
    channels.push_back(
        {index.name, index.url, index.is_private, index.credentials, index.folder()});
  return channels;
}

CredentialSettings credential_settings(Context& context, std::vector<CredentialChannel> channels) {
  CredentialSettings settings;
  settings.channels = std::move(channels);
  settings.descriptor = context.settings.credential_fd;
  settings.netrc_file = netrc_file(context);
  CredentialSurroundings& around = settings.surroundings;
  around.systemd_dir = context.environment("CREDENTIALS_DIRECTORY").value_or("");
  around.home = context.environment("HOME").value_or("");
  around.vault_skip_verify = !context.environment("VAULT_SKIP_VERIFY").value_or("").empty();
  // What has expired has so by the real clock, whatever --now says.
  around.now_s = std::chrono::duration_cast<std::chrono::seconds>(
                     std::chrono::system_clock::now().time_since_epoch())
                     .count();
  around.on_secret = [&console = context.console](std::string_view secret) {
    protect_process_memory();
    console.hide(secret);
  };
  return settings;
}

}  // namespace envlock
