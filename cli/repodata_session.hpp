#pragma once

#include "cli/channel_set.hpp"
#include "cli/channel_trust.hpp"
#include "cli/command.hpp"
#include "cli/network_rules.hpp"
#include "cli/progress_display.hpp"
#include "fetch/cache.hpp"
#include "fetch/credential_store.hpp"
#include "fetch/http.hpp"

namespace envlock {

/// The cache and the network as the command's settings want them. Opening it makes the cache
/// folder; sockets come with need.
class RepodataSession {
 public:
  /// @param revalidate  ask the servers even where the cached repodata is still fresh
  RepodataSession(Context& context, bool revalidate, NetworkRules rules);
  /// Ends what was opened for credentials; what goes wrong there is a warning.
  ~RepodataSession();
  RepodataSession(const RepodataSession&) = delete;
  RepodataSession& operator=(const RepodataSession&) = delete;

  [[nodiscard]] RepodataAccess access();
  /// For requests of other kinds, in the same run.
  [[nodiscard]] CredentialStore& credentials() noexcept { return credentials_; }
  [[nodiscard]] HttpClient& http() noexcept { return http_; }

 private:
  Context& context_;
  Cache cache_;
  HttpClient http_;
  CredentialStore credentials_;
  ChannelVerifiers verifiers_;
  RepodataSettings settings_;
  std::map<Url, std::vector<Url>> metadata_mirrors_;
  ProgressDisplay progress_;
};

/// What the questions of `solve` and `search` depend on beside the command line.
AskSurroundings surroundings(Context& context);

}  // namespace envlock
