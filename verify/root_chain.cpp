#include "verify/root_chain.hpp"

#include <string>

#include "model/error.hpp"

namespace envlock {
namespace {

[[noreturn]] void refuse(const TrustMetadata& metadata, const std::string& reason,
                         std::string hint = {}) {
  throw TrustError(metadata.file + ": " + reason, std::move(hint));
}

/// @param whose  "its own keys"
void require_quorum(const TrustMetadata& metadata, const KeyRule& rule, SignatureForm form,
                    const std::string& whose) {
  const Quorum quorum = count_signatures(metadata, rule, form);
  if (!quorum.enough()) refuse(metadata, quorum.to_string() + " by " + whose);
}

}  // namespace

void require_self_signed(const TrustMetadata& root) {
  require_quorum(root, root.rule("root"), SignatureForm::openpgp, "its own keys");
}

void require_current(const TrustMetadata& metadata, Instant now) {
  if (metadata.expiration > now) return;
  refuse(metadata,
         "expired at " + metadata.expiration.to_string() + ", it is " + now.to_string() + " now",
         "its publisher must sign a new one");
}

void require_clock(const TrustMetadata& metadata, Instant now) {
  if (!metadata.timestamp || *metadata.timestamp <= now) return;
  refuse(metadata,
         "was signed at " + metadata.timestamp->to_string() + ", after " + now.to_string() +
             ", which is said to be now",
         "set this machine's clock");
}

void require_key_manager(const TrustMetadata& key_mgr, const TrustMetadata& root) {
  require_quorum(key_mgr, root.rule("key_mgr"), SignatureForm::raw,
                 "the keys that " + root.file + " names for 'key_mgr'");
}

void require_no_rollback(const TrustMetadata& metadata, const SeenTrust& seen) {
  if (!seen.version && !seen.timestamp) return;
  if (metadata.version && seen.version) {
    if (*metadata.version >= *seen.version) return;
    refuse(metadata, "rollback: version " + std::to_string(*metadata.version) +
                         " is older than version " + std::to_string(*seen.version) +
                         ", which was seen before");
  }
  if (!metadata.timestamp || !seen.timestamp) {
    refuse(metadata, "has neither a version nor a timestamp to compare with the one seen before");
  }
  if (*metadata.timestamp < *seen.timestamp) {
    refuse(metadata, "rollback: of " + metadata.timestamp->to_string() + ", older than " +
                         seen.timestamp->to_string() + ", which was seen before");
  }
}

void RootChain::extend(TrustMetadata next) {
  if (rotations_ == max_root_rotations) {
    refuse(next, "more than " + std::to_string(max_root_rotations) + " roots follow each other",
           "start from a newer root");
  }
  const std::uint64_t version = root_.version.value_or(0);
  if (next.version.value_or(0) != version + 1) {
    refuse(next, "expected version " + std::to_string(version + 1) + " of the root, found " +
                     std::to_string(next.version.value_or(0)));
  }
  require_quorum(next, root_.rule("root"), SignatureForm::openpgp, "the keys of " + root_.file);
  require_self_signed(next);
  root_ = std::move(next);
  ++rotations_;
}

}  // namespace envlock
