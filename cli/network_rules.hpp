#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/project_file.hpp"
#include "fetch/credential_store.hpp"
#include "fetch/http.hpp"

namespace envlock {

/// What envlock.yml says of the network.
struct NetworkRules {
  std::vector<CredentialChannel> channels;
  std::vector<std::string> plain_http_origins;
  /// By channel: mirrors whose repodata may stand in for its own.
  std::map<Url, std::vector<Url>> metadata_mirrors;
};

/// Nothing special without a project. @throws InputError for its channels
NetworkRules network_rules(const std::optional<ProjectFile>& project);

/// The HTTP client's settings of a run: certificates from the environment, and what the project
/// allows.
HttpSettings http_settings(Context& context, std::vector<std::string> plain_http_origins);

}  // namespace envlock
