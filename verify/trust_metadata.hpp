#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "model/digest.hpp"
#include "model/time.hpp"
#include "verify/ed25519.hpp"

// conda's content trust (conda-content-trust, metadata 0.6): roots name the keys of the next root
// and of the key manager, which names the keys that sign package records.

namespace envlock {

/// Of one root or key manager document (python-tuf's limit for a root).
inline constexpr std::size_t max_trust_metadata_bytes = 512'000;

enum class TrustRole : std::uint8_t { root, key_mgr };
/// "root", "key_mgr"
std::string_view to_string(TrustRole role) noexcept;

/// Keys by their 64 lower-case hex digits.
using TrustKeys = std::map<std::string, Ed25519Key, std::less<>>;

/// Whose signatures a document needs, and how many different ones.
struct KeyRule {
  TrustKeys keys;
  std::uint64_t threshold = 1;  ///< From 1.
  /// Sha256 (hex) over the threshold and the sorted keys: equal for equal rules, whatever file they
  /// came in. For names of what was checked under a rule.
  [[nodiscard]] std::string fingerprint() const;
  friend bool operator==(const KeyRule&, const KeyRule&) = default;
};

/// A well-formed signature: over the canonical bytes, or in the form that gpg makes (2.3 below).
struct TrustSignature {
  Ed25519Signature signature{};
  std::optional<std::string> other_headers;  ///< Bytes; only in the OpenPGP form.
};

/// Signatures by the hex of their key. Malformed keys and signatures are not in it: they count for
/// nothing, and spoil nothing.
using TrustSignatures = std::map<std::string, TrustSignature, std::less<>>;

/// Reads a `signatures` object, whole JSON given as it came.
/// @return nothing where it is no object
/// @throws InputError where it is no strict JSON
std::optional<TrustSignatures> parse_trust_signatures(std::string_view json);

/// A root or key manager as its file says, not yet believed.
struct TrustMetadata {
  TrustRole role = TrustRole::root;
  std::string file;                      ///< Names it in messages.
  std::optional<std::uint64_t> version;  ///< From 1; roots have one.
  std::optional<Instant> timestamp;
  Instant expiration;
  std::map<std::string, KeyRule, std::less<>> delegations;  ///< By role.
  TrustSignatures signatures;
  std::string canonical;  ///< The bytes that are signed.
  Sha256 sha256;          ///< Of `canonical`.

  /// The rule for a role: `root` and `key_mgr` are there in a root, `pkg_mgr` in a key manager.
  [[nodiscard]] const KeyRule& rule(std::string_view delegated) const;
};

/// @param file  names the document in messages
/// @throws TrustError for what is malformed, of another type than `role`, or above the limits:
///         "FILE: ..." or "FILE:LINE: ..."
TrustMetadata parse_trust_metadata(std::string_view text, TrustRole role, const std::string& file);

/// How many different keys of a rule have a good signature, and which.
struct Quorum {
  std::size_t good = 0;
  std::uint64_t needed = 1;
  [[nodiscard]] bool enough() const noexcept { return good >= needed; }
  /// "1 of 2 needed signatures are good"
  [[nodiscard]] std::string to_string() const;
};

/// How a signature was made: over the canonical bytes (key managers, records), or by gpg (roots):
/// over SHA-256(canonical || other_headers || 04 ff || length of other_headers as 4 bytes).
enum class SignatureForm : std::uint8_t { raw, openpgp };

/// Checks `metadata` against `rule`. Signatures in the other form do not count.
Quorum count_signatures(const TrustMetadata& metadata, const KeyRule& rule, SignatureForm form);

}  // namespace envlock
