#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/credential_text.hpp"
#include "fetch/vault.hpp"
#include "model/project_credentials.hpp"

namespace envlock {

/// What the sources of credentials need to know of the machine, taken once.
struct CredentialSurroundings {
  std::filesystem::path systemd_dir;  ///< $CREDENTIALS_DIRECTORY; empty: none.
  std::string home;                   ///< $HOME, for helpers.
  bool vault_skip_verify = false;     ///< $VAULT_SKIP_VERIFY is set: Vault is not asked then.
  std::int64_t now_s = 0;             ///< Seconds since 1970, for what expires.
  std::chrono::milliseconds helper_patience{10'000};
  RetryPolicy vault_retry = envlock::vault_retry;
  /// Called with every secret, before it is used: whoever prints hides it from then on.
  std::function<void(std::string_view)> on_secret = [](std::string_view) {};
};

/// Asks the sources that envlock.yml names. Not thread-safe.
class CredentialSources {
 public:
  /// Takes the variables that `rules` name out of the process's environment: before any thread
  /// starts. @param http  must outlive this; touched only for Vault
  CredentialSources(CredentialSurroundings surroundings, HttpClient& http,
                    std::span<const CredentialRule* const> rules);

  struct Found {
    FoundSecret secret;
    std::string source;  ///< "the environment variable 'ACME_TOKEN'", for messages.
    bool from_helper = false;
  };
  /// The first source of `rule` that has it (trust rules, section 6: systemd, helper, Vault,
  /// environment). @param url  of the channel
  /// @return nothing where none has; a Vault that does not give it is an error, not a "none"
  /// @throws what they throw
  std::optional<Found> find(const CredentialRule& rule, const Url& url,
                            const std::stop_token& stop);
  /// Tells the rule's helper that a server refused what it gave. Its failures do not matter.
  void erase(const CredentialRule& rule, const Url& url, const FoundSecret& refused,
             const std::stop_token& stop) noexcept;
  /// Ends the Vault sessions. @return warnings
  std::vector<std::string> close() noexcept;

  [[nodiscard]] const CredentialSurroundings& surroundings() const noexcept {
    return surroundings_;
  }

 private:
  struct OpenVault {
    VaultRule rule;
    std::unique_ptr<VaultSession> session;
  };
  void take_variable(const std::string& name);
  [[nodiscard]] std::shared_ptr<const Secret> variable(const std::string& name) const;
  [[nodiscard]] std::shared_ptr<const Secret> from_env_or_file(const std::string& env,
                                                               const std::string& file,
                                                               const std::string& what);
  FoundSecret ask_helper(const CredentialRule& rule, const Url& url, const std::stop_token& stop);
  VaultSession& vault(const VaultRule& rule);

  CredentialSurroundings surroundings_;
  HttpClient& http_;
  std::map<std::string, std::shared_ptr<const Secret>> variables_;
  std::vector<OpenVault> vaults_;
};

/// What to do where no source had it: "set ACME_TOKEN, or ...".
std::string next_step_for(const CredentialRule& rule);

}  // namespace envlock
