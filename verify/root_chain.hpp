#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "model/time.hpp"
#include "verify/trust_metadata.hpp"

// Which documents may be believed. Everything here throws a TrustError "FILE: reason" and changes
// nothing where the answer is no. Times are given: nobody here reads a clock.

namespace envlock {

/// Roots that follow each other without a gap, at most (python-tuf's limit).
inline constexpr std::size_t max_root_rotations = 256;

/// That a root has a quorum of its own keys. Proves only that it was not damaged: whether it is the
/// right one is for whoever gives it to know.
void require_self_signed(const TrustMetadata& root);

/// That `expiration` lies after `now`. For the last root and for key managers; roots in between may
/// be expired (TUF 5.3.10).
void require_current(const TrustMetadata& metadata, Instant now);

/// That `metadata` was not made after `now`: then the clock is wrong, and no expiry can be judged.
void require_clock(const TrustMetadata& metadata, Instant now);

/// That a key manager has a quorum of the keys that `root` names for it (raw form).
void require_key_manager(const TrustMetadata& key_mgr, const TrustMetadata& root);

/// What was the newest of a role so far.
struct SeenTrust {
  std::optional<std::uint64_t> version;
  std::optional<Instant> timestamp;
};
/// That `metadata` is not older than what was seen: no lower version; where one of the two has
/// none, no earlier timestamp. What cannot be compared is refused.
void require_no_rollback(const TrustMetadata& metadata, const SeenTrust& seen);

/// The way from a root that is believed to the newest one.
class RootChain {
 public:
  /// @param anchor  believed because somebody brought it
  explicit RootChain(TrustMetadata anchor) : root_(std::move(anchor)) {}

  /// Goes on to `next`: exactly the next version, signed by a quorum of the keys of the root before
  /// it and by one of its own (OpenPGP form). The chain stays where it is where that is not so.
  void extend(TrustMetadata next);
  [[nodiscard]] const TrustMetadata& root() const noexcept { return root_; }

 private:
  TrustMetadata root_;
  std::size_t rotations_ = 0;
};

}  // namespace envlock
