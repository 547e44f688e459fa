#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/digest.hpp"
#include "verify/attestation_key.hpp"

namespace envlock {

/// What an attestation has to say of a package (CEP 27).
struct AttestationQuestion {
  std::string file_name;
  Sha256 sha256;            ///< Of the package, by the lock.
  std::string channel_url;  ///< Where the package was published, without a trailing slash.
  bool is_mirror = false;   ///< It was published elsewhere: another targetChannel is accepted.
};

struct AttestationVerdict {
  enum class Kind : std::uint8_t {
    verified,    ///< Signed by `signer`, and it says what was asked.
    unverified,  ///< There are attestations, of a kind that is not verified here.
    refused,     ///< There is none that proves anything.
  };
  Kind kind = Kind::refused;
  std::string signer;  ///< AttestationKey::name().
  std::string reason;  ///< Why not, for people.
};

/// A document of one attestation or a list of them, most 1 MiB and 32. DSSE envelopes are verified
/// with the pinned keys, by CEP 27 and the DSSE specification: first the signature over the
/// payload's bytes, then predicate type, name, digest and target channel. Sigstore bundles are said
/// to be unverified. One that is verified is enough. Never throws on what the document holds.
/// @param source  names the document in reasons
[[nodiscard]] AttestationVerdict judge_attestations(std::string_view document,
                                                    const std::string& source,
                                                    const AttestationQuestion& question,
                                                    std::span<const AttestationKey> keys);

/// DSSE's pre-authentication encoding: what is signed.
[[nodiscard]] std::string dsse_signed_bytes(std::string_view payload_type,
                                            std::string_view payload);

}  // namespace envlock
