#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace envlock {

/// A public key as RFC 8032 writes it.
using Ed25519Key = std::array<std::byte, 32>;
using Ed25519Signature = std::array<std::byte, 64>;
/// A secret key is its 32-byte seed (RFC 8032, 5.1.5). Whoever holds one wipes it.
using Ed25519Seed = std::span<const std::byte, 32>;

/// Whether `signature` is the Ed25519 signature of `message` by the holder of `key`. Also false
/// where OpenSSL cannot tell (a key that is no point of the curve, no memory left). Any thread.
[[nodiscard]] bool ed25519_verify(const Ed25519Key& key, std::span<const std::byte> message,
                                  const Ed25519Signature& signature) noexcept;
[[nodiscard]] bool ed25519_verify(const Ed25519Key& key, std::string_view message,
                                  const Ed25519Signature& signature) noexcept;

/// The signature of `message`, which is the same each time.
/// @throws InternalError where OpenSSL cannot sign
[[nodiscard]] Ed25519Signature ed25519_sign(Ed25519Seed seed, std::span<const std::byte> message);
[[nodiscard]] Ed25519Signature ed25519_sign(Ed25519Seed seed, std::string_view message);

/// The public key of a seed.
/// @throws InternalError where OpenSSL cannot compute it
[[nodiscard]] Ed25519Key ed25519_public_key(Ed25519Seed seed);

}  // namespace envlock
