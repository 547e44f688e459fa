#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/error.hpp"
#include "model/url.hpp"
#include "model/yaml_reader.hpp"

namespace envlock {

/// What envlock.yml says of signatures of a channel's records.
enum class SignaturePolicy : std::uint8_t {
  not_looked_at,  ///< Hashes alone.
  if_present,     ///< A signature that is there must be good; unsigned records are used.
  require,        ///< Unsigned records are no candidates.
};
/// "not looked at", "if-present" or "require".
std::string_view to_string(SignaturePolicy policy) noexcept;

/// Whose attestations (CEP 27) the packages of a channel need.
struct AttestationRule {
  struct Key {
    /// A public Ed25519 key: 64 hex digits, or the base64 of 32 bytes; else the path of a PEM file,
    /// relative to envlock.yml.
    std::string text;
    bool is_file = false;
    SourcePlace place;
  };
  std::vector<Key> keys;  ///< Any one of them is enough.
  bool required = true;   ///< Else a package without attestation is a note.
};

/// How the publishers of a channel prove themselves (conda's content trust, CEP 27), and how long
/// their packages have to be out.
struct TrustRule {
  SignaturePolicy signatures = SignaturePolicy::not_looked_at;
  /// The root that is believed, relative to envlock.yml; empty: none. There where `signatures` is.
  std::string root = {};
  std::optional<Sha256> root_sha256 = {};  ///< Of that file's bytes.
  /// Where N.root.json and key_mgr.json lie; the channel's own URL where it is not said.
  std::optional<Url> trust_url = {};
  std::string minimum_age = {};  ///< As written; empty: none.
  std::optional<AttestationRule> attestations = {};

  [[nodiscard]] bool looks_at_signatures() const noexcept {
    return signatures != SignaturePolicy::not_looked_at;
  }
};

/// Reads one of `trust_keys("channel")` of a channel into `rule`.
/// @return false where the key is none of them
/// @throws InputError with the line
bool read_trust_key(const YamlReader& in, const YamlEntry& entry, TrustRule& rule);

/// Judges the whole of what was read: a root and signatures come together.
/// @param place  of the channel
/// @throws InputError
void check_trust_rule(const TrustRule& rule, const SourcePlace& place);

/// The keys of "attestations", sorted; of "channel" those that read_trust_key reads.
std::span<const std::string_view> trust_keys(std::string_view section) noexcept;

}  // namespace envlock
