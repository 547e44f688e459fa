#pragma once

#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "fetch/credential.hpp"
#include "fetch/credential_sources.hpp"

namespace envlock {

/// A channel of envlock.yml, as far as its credential goes.
struct CredentialChannel {
  std::string name;
  Url url;
  bool is_private = false;  ///< Never asked without a credential.
  std::optional<CredentialRule> rule = {};
  /// Of an index of Python packages: what lies below is its own as well, where it is a wheel.
  std::optional<Url> folder = {};
};

/// Whose credentials a run may use.
struct CredentialSettings {
  std::vector<CredentialChannel> channels = {};
  std::optional<int> descriptor = {};     ///< --credential-fd
  std::filesystem::path netrc_file = {};  ///< --netrc; empty: not to be read.
  CredentialSurroundings surroundings = {};
};

/// Gives each request the credential of its channel, by the order of trust rules, section 6:
/// --credential-fd, then what envlock.yml names (systemd, helper, Vault, environment), then netrc;
/// the first that has it, nothing merged. A source is asked when a request is about to be made, and
/// once a run, failures too. One store a run: it takes variables out of the environment.
/// Thread-safe.
class CredentialStore {
 public:
  /// Reads the descriptor and takes the variables: before any thread reads the environment.
  /// @throws UsageError, InputError, TrustError, IoError for the descriptor and what it holds
  CredentialStore(CredentialSettings settings, HttpClient& http);
  CredentialStore(const CredentialStore&) = delete;
  CredentialStore& operator=(const CredentialStore&) = delete;
  ~CredentialStore() { static_cast<void>(close()); }

  /// What to send with a request for `url`: that of the channel that `url` lies under, else of the
  /// only channel of the same origin that has one (a `base_url` beside the channel). It is bound to
  /// the origin of `url`. Null where none is needed.
  /// @param beside  for what indexes have, which no `base_url` names: the index whose own page
  /// named `url`, else `url` itself (a line or a lock named it, which a pull request can write).
  /// Its credential is that of the index in whose folder it lies, else that of `beside` where both
  /// have one origin, else none, however few channels that origin has
  /// @throws TrustError (6) where the channel is private and no source has its credential, where a
  /// source fails, and for plain http to another host; NetworkError for Vault; Interrupted
  [[nodiscard]] std::shared_ptr<const Credential> credential_for(
      const Url& url, const std::stop_token& stop, const std::optional<Url>& beside = {});

  /// A server answered 401 or 403 for `url`. Tells the helper where the credential came from one
  /// and the status is 401. @param answered_at  redacted URL after redirects
  /// @throws TrustError (6) where a credential was sent: asking again would not help. NetworkError
  ///         (5) where none was. Both name channel, source and the next step, and no value
  [[noreturn]] void refuse(const Url& url, const std::string& answered_at, int status,
                           const std::stop_token& stop, const std::optional<Url>& beside = {});

  /// Revokes what was obtained for this run alone (Vault). @return warnings
  std::vector<std::string> close() noexcept;

 private:
  /// One source's answer for one channel or origin.
  struct Entry {
    std::shared_ptr<const Credential> credential;
    std::string source;
    std::exception_ptr failure;
    const CredentialChannel* helper_of = nullptr;
  };
  [[nodiscard]] const CredentialChannel* channel_of(const Url& url,
                                                    const std::optional<Url>& beside) const;
  /// Of a wheel that lies under no channel.
  [[nodiscard]] const CredentialChannel* index_of(const Url& url, const Url& beside) const;
  [[nodiscard]] const CredentialBlock* block_of(const Url& url,
                                                const CredentialChannel* channel) const;
  [[nodiscard]] std::string key_of(const Url& url, const std::optional<Url>& beside) const;
  const Entry& entry_for(const Url& url, const std::stop_token& stop,
                         const std::optional<Url>& beside);
  Entry find(const Url& url, const std::stop_token& stop, const std::optional<Url>& beside);
  [[nodiscard]] Entry make(const Url& url, CredentialRule::Form form, const FoundSecret& found,
                           std::string source) const;

  CredentialSettings settings_;
  std::mutex mutex_;  ///< Over all below.
  std::vector<CredentialBlock> blocks_;
  std::optional<CredentialSources> sources_;
  std::map<std::string, Entry> entries_;
};

}  // namespace envlock
