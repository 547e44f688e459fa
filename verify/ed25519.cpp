#include "verify/ed25519.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

#include "model/c_handle.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

using KeyHandle = std::unique_ptr<EVP_PKEY, CFree<&EVP_PKEY_free>>;
using ContextHandle = std::unique_ptr<EVP_MD_CTX, CFree<&EVP_MD_CTX_free>>;

const unsigned char* bytes_of(const std::byte* bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes);
}
unsigned char* bytes_of(std::byte* bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes);
}

KeyHandle secret_key(Ed25519Seed seed) {
  KeyHandle key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed.data()), seed.size()));
  if (!key) throw InternalError("OpenSSL cannot use an Ed25519 key");
  return key;
}

}  // namespace

bool ed25519_verify(const Ed25519Key& key, std::span<const std::byte> message,
                    const Ed25519Signature& signature) noexcept {
  const KeyHandle handle(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(key.data()), key.size()));
  const ContextHandle context(EVP_MD_CTX_new());
  const bool good =
      handle && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature.data()), signature.size(),
                       bytes_of(message.data()), message.size()) == 1;
  if (!good) ERR_clear_error();  // the queue of this thread is not ours to fill
  return good;
}

bool ed25519_verify(const Ed25519Key& key, std::string_view message,
                    const Ed25519Signature& signature) noexcept {
  return ed25519_verify(key, std::as_bytes(std::span(message)), signature);
}

Ed25519Signature ed25519_sign(Ed25519Seed seed, std::span<const std::byte> message) {
  const KeyHandle key = secret_key(seed);
  const ContextHandle context(EVP_MD_CTX_new());
  Ed25519Signature signature{};
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes_of(signature.data()), &size, bytes_of(message.data()),
                     message.size()) != 1 ||
      size != signature.size()) {
    throw InternalError("OpenSSL cannot make an Ed25519 signature");
  }
  return signature;
}

Ed25519Signature ed25519_sign(Ed25519Seed seed, std::string_view message) {
  return ed25519_sign(seed, std::as_bytes(std::span(message)));
}

Ed25519Key ed25519_public_key(Ed25519Seed seed) {
  const KeyHandle handle = secret_key(seed);
  Ed25519Key key{};
  std::size_t size = key.size();
  if (EVP_PKEY_get_raw_public_key(handle.get(), bytes_of(key.data()), &size) != 1 ||
      size != key.size()) {
    throw InternalError("OpenSSL cannot compute an Ed25519 public key");
  }
  return key;
}

}  // namespace envlock
