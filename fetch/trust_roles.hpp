#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "fetch/credential_store.hpp"
#include "fetch/http.hpp"
#include "fetch/trust_state.hpp"
#include "model/time.hpp"
#include "verify/root_chain.hpp"
#include "verify/trust_metadata.hpp"

namespace envlock {

/// Where a channel's roles of trust come from.
struct TrustSource {
  std::string channel;   ///< Its name, for messages.
  Url url;               ///< Where N.root.json and key_mgr.json lie.
  TrustMetadata anchor;  ///< The root that is believed, because envlock.yml names it.
  std::filesystem::path state_file;
};

struct TrustNetwork {
  HttpClient& http;
  CredentialStore* credentials = nullptr;
  bool offline = false;  ///< No socket is opened: what was seen last counts, within its expiry.
  RetryPolicy retry = {};
  std::stop_token stop = {};
};

/// The roles that hold now.
struct TrustRoles {
  TrustMetadata root;
  TrustMetadata key_mgr;
  std::vector<std::uint64_t> new_roots;  ///< Versions that this run saw first.
  bool asked = false;                    ///< The source was asked; else what was kept is meant.
};

/// Goes from the anchor over the roots that were seen to the newest that the source has, and takes
/// its key manager: signed, not older than what was seen, not expired at `now`. A 404 alone ends
/// the chain of roots; every other failure is one. What is believed is written to the state before
/// it is used.
/// @throws TrustError, NetworkError, IoError, Interrupted
TrustRoles update_trust(const TrustSource& source, const TrustNetwork& network, Instant now);

/// What was seen of a channel's roles last, without asking anybody.
struct KeptTrust {
  TrustMetadata root;  ///< The newest: the anchor, or the last of the state behind it.
  std::optional<TrustMetadata> key_mgr;
  /// Why `key_mgr` does not hold under `root`; empty where it does or there is none. A run that
  /// ended between a new root and its key manager leaves such a one.
  std::string key_mgr_fault;
};
/// Proves the state of `source` again from its anchor. Expiry is not judged.
/// @return nothing where no state is there
/// @throws TrustError for a state that is damaged or does not follow from the anchor, IoError
std::optional<KeptTrust> kept_trust(const TrustSource& source);

/// The bytes of `base`/`name`, at most max_trust_metadata_bytes; nothing where the source says that
/// there is none (404 or 410).
/// @throws TrustError, NetworkError, IoError, Interrupted
std::optional<std::string> fetch_trust_file(const Url& base, const std::string& name,
                                            const TrustNetwork& network);

}  // namespace envlock
