#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/secret.hpp"
#include "verify/minisign.hpp"

namespace envlock {

/// How much scrypt works, in libsodium's words.
struct ScryptLimits {
  std::uint64_t operations = 33'554'432;
  std::uint64_t memory_bytes = std::uint64_t{1} << 30U;
};
/// What minisign writes, and the most that is read: 1 GiB of memory.
constexpr ScryptLimits minisign_scrypt{};

/// A key that signs, in memory, unlocked.
class MinisignSecretKey {
 public:
  /// A new key from the operating system's randomness.
  static MinisignSecretKey generate();
  /// @param seed_and_key  the seed (32 bytes) and the public key
  /// @throws InputError where the two do not belong together
  MinisignSecretKey(const MinisignKeyId& id, Secret seed_and_key, const std::string& file);

  [[nodiscard]] const MinisignPublicKey& public_key() const noexcept { return public_; }
  /// A prehashed signature; the same bytes each time.
  /// @param digest  BLAKE2b-512 of the file
  /// @throws UsageError where the comment cannot be one
  [[nodiscard]] MinisignSignature sign(const MinisignDigest& digest,
                                       std::string trusted_comment) const;
  /// The content of a secret key file that has no password.
  [[nodiscard]] Secret file_text() const;
  /// The same locked with a password.
  /// @throws Error (8) where the memory that `limits` ask for is not to be had
  [[nodiscard]] Secret file_text(const Secret& password,
                                 const ScryptLimits& limits = minisign_scrypt) const;

 private:
  [[nodiscard]] Ed25519Seed seed() const noexcept;
  MinisignPublicKey public_;
  Secret seed_and_key_;
};

/// A secret key file as it was read, perhaps locked.
class StoredMinisignKey {
 public:
  /// @param text  of the file
  /// @throws InputError (3) for anything but a minisign secret key
  StoredMinisignKey(const Secret& text, std::string file);
  [[nodiscard]] bool is_locked() const noexcept { return is_locked_; }
  /// @param password  looked at where `is_locked()`
  /// @throws TrustError (6) for a wrong password, Error (8) where the memory is not to be had,
  /// InputError where the key contradicts itself
  [[nodiscard]] MinisignSecretKey unlock(const Secret& password) const;

 private:
  std::string file_;
  bool is_locked_ = false;
  std::string salt_;
  ScryptLimits limits_;
  Secret content_;  ///< Key id, seed, public key, checksum; encrypted where locked.
};

}  // namespace envlock
