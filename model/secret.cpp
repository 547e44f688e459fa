#include "model/secret.hpp"

#include <openssl/crypto.h>
#include <sys/mman.h>

namespace envlock {

void wipe(std::span<char> bytes) noexcept { OPENSSL_cleanse(bytes.data(), bytes.size()); }

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // within the capacity: never allocates
  wipe(std::span<char>(text.data(), text.size()));
  text.clear();
}

Secret::Bytes::Bytes(std::string_view from) : text(from) {
  // Best effort: the limit for unprivileged processes may be reached, and pages are shared.
  static_cast<void>(::mlock(text.data(), text.size()));
}

Secret::Bytes::~Bytes() { wipe(text); }

Secret Secret::take(std::string& text) {
  Secret secret;
  secret.bytes_ = std::make_unique<Bytes>(text);
  wipe(text);
  return secret;
}

}  // namespace envlock
