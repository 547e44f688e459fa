#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "verify/blake2b.hpp"
#include "verify/ed25519.hpp"

// minisign's public keys and detached signatures (https://jedisct1.github.io/minisign/, "Format").

namespace envlock {

/// Tells keys apart; eight random bytes that prove nothing.
using MinisignKeyId = std::array<std::byte, 8>;
/// What a prehashed signature signs: the BLAKE2b-512 of the file.
using MinisignDigest = std::array<std::byte, 64>;

/// "9BD51214B294E99E", as minisign prints it.
std::string to_string(const MinisignKeyId& id);

struct MinisignPublicKey {
  MinisignKeyId id{};
  Ed25519Key key{};
  /// One line of base64, as `minisign -P` takes it.
  [[nodiscard]] std::string base64() const;
  /// The content of a .pub file.
  [[nodiscard]] std::string file_text() const;
  friend bool operator==(const MinisignPublicKey&, const MinisignPublicKey&) = default;
};

/// A .pub file, or the base64 line alone.
/// @param what  names the key in messages: a file or an option
/// @throws InputError (3) for anything else
MinisignPublicKey parse_minisign_public_key(std::string_view text, const std::string& what);

struct MinisignSignature {
  bool prehashed = true;  ///< False: the legacy form, over the bytes themselves.
  MinisignKeyId key_id{};
  Ed25519Signature signature{};
  std::string untrusted_comment;  ///< Signed by nobody.
  std::string trusted_comment;
  Ed25519Signature global_signature{};  ///< Over `signature` and the trusted comment.
  /// The content of a .minisig file.
  [[nodiscard]] std::string file_text() const;
};

constexpr std::size_t max_minisig_bytes = 16U << 10U;    ///< Of a .minisig file or a .pub file.
constexpr std::size_t max_trusted_comment_bytes = 8000;  ///< minisign reads lines up to 8192.

/// A .minisig file: four lines, nothing behind them. A changed file is refused here or by
/// `MinisignCheck`; only the text of the untrusted comment can be anything.
/// @throws TrustError (6): what cannot be read is no signature
MinisignSignature parse_minisig(std::string_view text, const std::string& file);

/// True for what may stand as a comment: UTF-8, no control characters but the tab, at most
/// `max_trusted_comment_bytes`.
bool is_minisign_comment(std::string_view text) noexcept;

/// What the global signature signs.
std::string globally_signed(const Ed25519Signature& signature, std::string_view trusted_comment);

/// Checks the signature of a file whose bytes arrive piece by piece; a prehashed one takes no
/// memory, a legacy one holds the file. One file each.
class MinisignCheck {
 public:
  static constexpr std::size_t max_legacy_bytes = std::size_t{64} << 20U;
  /// @param what  names the signed file in messages
  /// @throws TrustError where another key signed
  MinisignCheck(const MinisignPublicKey& key, MinisignSignature signature, std::string what);
  /// @throws TrustError past `max_legacy_bytes` of a legacy signature
  void update(std::span<const std::byte> bytes);
  /// Call once, last. @return the trusted comment
  /// @throws TrustError where a signature does not fit: nothing of the file may be used then
  [[nodiscard]] std::string finish();

 private:
  MinisignPublicKey key_;
  MinisignSignature signature_;
  std::string what_;
  Blake2b hash_{std::tuple_size_v<MinisignDigest>};
  std::string legacy_;
};

/// The same for a file in memory. @return the trusted comment
/// @throws TrustError
std::string verify_minisig(const MinisignPublicKey& key, std::string_view minisig_text,
                           std::string_view content, const std::string& what);

}  // namespace envlock
