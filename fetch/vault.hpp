#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "fetch/http.hpp"
#include "fetch/retry.hpp"
#include "fetch/vault_json.hpp"
#include "model/project_credentials.hpp"

namespace envlock {

/// The secrets with which somebody logs in to Vault, by VaultLogin::method.
struct VaultProof {
  std::shared_ptr<const Secret> token;  ///< Of `token`.
  std::string role_id;                  ///< Of `approle`, with one of the two below.
  std::shared_ptr<const Secret> secret_id;
  bool wrapped = false;  ///< `secret_id` is a response-wrapping token.
};

/// Retries of requests to Vault: connection errors, 412, 429, 500, 502 and 503 alone.
inline constexpr RetryPolicy vault_retry{.tries = 3,
                                         .first_delay = std::chrono::milliseconds(500),
                                         .max_delay = std::chrono::milliseconds(8'000),
                                         .max_retry_after = std::chrono::milliseconds(12'000)};

/// For one request with its retries.
inline constexpr std::chrono::milliseconds vault_patience{30'000};

/// Reads secrets of one HashiCorp Vault server (its HTTP API, version 1) with one login, made with
/// the first read. A token that the login gave is revoked at the end; a token that was given stays
/// as it is. Not thread-safe.
///
/// Answers are read by trust rules, section 6: a sealed, standby or uninitialised server is a
/// NetworkError (5); a denied path, an expired token, an absent, deleted or destroyed secret, and a
/// redirect to a server that envlock.yml does not name, a TrustError (6). Where unwrapping fails
/// somebody else may have used the token: the message says so.
class VaultSession {
 public:
  /// @param http  must outlive the session
  /// @param rule  its address, namespace, standby servers and login count here
  /// @param on_secret  called with each secret that Vault gave, before it is used
  VaultSession(HttpClient& http, const VaultRule& rule, VaultProof proof,
               std::function<void(std::string_view)> on_secret, RetryPolicy retry = vault_retry,
               std::chrono::milliseconds patience = vault_patience);
  VaultSession(const VaultSession&) = delete;
  VaultSession& operator=(const VaultSession&) = delete;

  /// The field that `rule` names, of the same server.
  [[nodiscard]] VaultSecret read(const VaultRule& rule, const std::stop_token& stop);
  /// Ends what `read` began. Within five seconds, whatever the server does.
  /// @return what went wrong, for a warning; empty where nothing did
  [[nodiscard]] std::string revoke() noexcept;

 private:
  struct Reply {
    int status = 0;
    std::string url;  ///< For messages.
    Secret body;
    std::optional<std::chrono::milliseconds> retry_after;
  };
  struct Call;
  void log_in(const std::stop_token& stop);
  Secret unwrap(const std::stop_token& stop);
  Reply send(const Call& call, const std::stop_token& stop);
  Reply judged(const Call& call, const std::stop_token& stop);
  Reply send_once(const Call& call, const std::stop_token& stop);
  [[nodiscard]] std::shared_ptr<const Credential> header_for(const Secret& token,
                                                             const Url& origin) const;
  [[nodiscard]] Url next_server(const std::string& location, const Url& from) const;
  [[noreturn]] void deny_read(const VaultRule& rule, const Reply& reply,
                              const std::stop_token& stop);

  HttpClient& http_;
  VaultRule server_;
  VaultProof proof_;
  std::function<void(std::string_view)> on_secret_;
  RetryPolicy retry_;
  std::chrono::milliseconds patience_;
  std::shared_ptr<const Secret> token_;  ///< In use; null before the login.
  bool is_own_token_ = false;            ///< Made by our login.
};

/// "Vault's secret/conda/acme at https://vault.example:8200", for messages.
std::string describe_vault(const VaultRule& rule);

}  // namespace envlock
