#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/local_server.hpp"

namespace envlock::test {

/// A stand-in for a Vault server, answering as the HTTP API documentation of HashiCorp Vault says
/// (pages "KV secrets engine - version 1", "version 2", "AppRole auth method", "Token auth method",
/// "/sys/wrapping/unwrap", "Status codes"): so far as a client that reads secrets can tell.
class VaultServer {
 public:
  struct Version {
    std::map<std::string, std::string> data;  ///< Values as JSON.
    std::string deletion_time = {};
    bool destroyed = false;
  };
  /// What it knows. Changed between requests only.
  struct State {
    std::string name_space = {};
    std::set<std::string> tokens = {};        ///< Alive.
    std::set<std::string> denied_paths = {};  ///< No policy of any token reads them.
    std::map<std::string, std::map<std::string, std::string>> kv1 = {};  ///< "mount/path".
    std::map<std::string, std::vector<Version>> kv2 = {};                ///< "mount/data/path".
    std::string role_id = {}, secret_id = {};
    std::map<std::string, std::string> wrapped = {};  ///< Wrapping token -> secret_id, once.
    std::string login_token = {};                     ///< What a login gives.
    int sealed_answers = 0;                           ///< So many more, then it serves.
    int failing_status = 503;                         ///< Of those.
    std::string redirect_to = {};  ///< 307 there, as a standby does; empty: active.
  };
  explicit VaultServer(State state);

  [[nodiscard]] std::string url() const { return server_->url(); }
  [[nodiscard]] const LocalServer& server() const noexcept { return *server_; }
  /// "METHOD path token" of each request, in order.
  [[nodiscard]] std::vector<std::string> log() const;
  [[nodiscard]] State& state() noexcept { return *state_; }

 private:
  std::shared_ptr<State> state_;
  std::unique_ptr<LocalServer> server_;
};

}  // namespace envlock::test
