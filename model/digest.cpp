#include "model/digest.hpp"

#include <openssl/evp.h>

#include "model/c_handle.hpp"
#include "model/error.hpp"

namespace envlock {
namespace {

constexpr int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

void require(int openssl_result) {
  if (openssl_result != 1) throw InternalError("OpenSSL cannot compute a SHA-256 digest");
}

}  // namespace

template <std::size_t Size>
std::optional<Digest<Size>> Digest<Size>::parse(std::string_view hex) noexcept {
  if (hex.size() != 2 * Size) return std::nullopt;
  Bytes bytes{};
  for (std::size_t i = 0; i < Size; ++i) {
    const int high = nibble(hex[2 * i]);
    const int low = nibble(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return Digest(bytes);
}

template <std::size_t Size>
std::string Digest<Size>::hex() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * Size);
  for (const std::uint8_t byte : bytes_) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

template class Digest<16>;
template class Digest<32>;

struct Sha256Hasher::Context {
  std::unique_ptr<EVP_MD_CTX, CFree<&EVP_MD_CTX_free>> handle{EVP_MD_CTX_new()};
};

Sha256Hasher::Sha256Hasher() : context_(std::make_unique<Context>()) {
  if (!context_->handle) throw InternalError("OpenSSL is out of memory");
  require(EVP_DigestInit_ex(context_->handle.get(), EVP_sha256(), nullptr));
}
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;

void Sha256Hasher::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(context_->handle.get(), bytes.data(), bytes.size()));
}
void Sha256Hasher::update(std::string_view text) { update(std::as_bytes(std::span(text))); }

Sha256 Sha256Hasher::finish() {
  Sha256::Bytes bytes{};
  require(EVP_DigestFinal_ex(context_->handle.get(), bytes.data(), nullptr));
  return Sha256(bytes);
}

Sha256 sha256_of(std::span<const std::byte> bytes) {
  Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}
Sha256 sha256_of(std::string_view text) { return sha256_of(std::as_bytes(std::span(text))); }

}  // namespace envlock
