#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// A public key that may sign attestations: Ed25519, or ECDSA on P-256. Any thread.
class AttestationKey {
 public:
  /// Of 64 lower-case hex digits or the base64 of 32 bytes: Ed25519. Nothing for other text.
  static std::optional<AttestationKey> from_text(const std::string& text);
  /// Of a PEM SubjectPublicKeyInfo (RFC 7468, section 13).
  /// @param name  how messages call it
  /// @throws TrustError for what is no public key of the two kinds
  static AttestationKey from_pem(std::string_view pem, const std::string& name);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// @param signature  raw 64 bytes for Ed25519 (RFC 8032), DER for ECDSA (with SHA-256)
  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const noexcept;

 private:
  struct Handle;  ///< OpenSSL's.
  AttestationKey(std::shared_ptr<const Handle> handle, std::string name)
      : handle_(std::move(handle)), name_(std::move(name)) {}

  std::shared_ptr<const Handle> handle_;
  std::string name_;
};

}  // namespace envlock
