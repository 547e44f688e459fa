#include "verify/attestation_key.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <utility>

#include "model/c_handle.hpp"
#include "model/error.hpp"
#include "verify/base64.hpp"
#include "verify/hex_bytes.hpp"

namespace envlock {

namespace {

constexpr std::size_t ed25519_bytes = 32;
constexpr std::size_t max_pem_bytes = 16'384;

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());  // NOLINT: OpenSSL's byte type
}

bool is_p256(const EVP_PKEY* key) noexcept {
  std::array<char, 32> group{};
  std::size_t length = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1 &&
         std::string_view(group.data(), length) == "prime256v1";
}

}  // namespace

struct AttestationKey::Handle {
  std::unique_ptr<EVP_PKEY, CFree<&EVP_PKEY_free>> key;
};

std::optional<AttestationKey> AttestationKey::from_text(const std::string& text) {
  auto bytes = text_of_hex(text);
  if (!bytes || bytes->size() != ed25519_bytes) bytes = bytes_of_base64(text);
  if (!bytes || bytes->size() != ed25519_bytes) return std::nullopt;
  auto handle = std::make_shared<Handle>();
  handle->key.reset(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*bytes), bytes->size()));
  if (!handle->key) return std::nullopt;
  return AttestationKey(std::move(handle), text);
}

AttestationKey AttestationKey::from_pem(std::string_view pem, const std::string& name) {
  auto handle = std::make_shared<Handle>();
  if (pem.size() <= max_pem_bytes) {
    const std::unique_ptr<BIO, CFree<&BIO_free_all>> in(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    // A password, or OpenSSL would ask for one on the terminal where the text says "encrypted".
    char password[] = "";
    if (in) handle->key.reset(PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, password));
    ERR_clear_error();
  }
  const EVP_PKEY* const key = handle->key.get();
  if (key == nullptr || (EVP_PKEY_is_a(key, "ED25519") != 1 && !is_p256(key)))
    throw TrustError("'" + name + "' is no public Ed25519 or ECDSA P-256 key in PEM",
                     "'openssl pkey -in SECRET.pem -pubout' writes one");
  return {std::move(handle), name};
}

bool AttestationKey::verifies(std::string_view message, std::string_view signature) const noexcept {
  const std::unique_ptr<EVP_MD_CTX, CFree<&EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_PKEY* const key = handle_->key.get();
  // Ed25519 hashes by itself.
  const EVP_MD* const digest = EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256();
  const bool good = context &&
                    EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
                    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(),
                                     bytes_of(message), message.size()) == 1;
  if (!good) ERR_clear_error();  // TLS on this thread would take what is left there for its own
  return good;
}

}  // namespace envlock
