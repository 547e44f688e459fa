#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/secret.hpp"

// What a Vault server answers (HashiCorp Vault's HTTP API documentation, v1). Messages about an
// answer name its keys and never its values, and every buffer that held it is wiped.

namespace envlock {

/// Of one answer of Vault's that envlock reads.
inline constexpr std::size_t max_vault_answer_bytes = std::size_t{1} << 20U;

/// `errors[]` and `warnings[]` of an answer, at most ten of each, 300 bytes of each; none where the
/// body is not what Vault sends.
struct VaultComplaint {
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};
VaultComplaint parse_vault_complaint(std::string_view body);

/// `auth` of a login.
struct VaultToken {
  Secret token;
  std::chrono::seconds lease{0};
};
/// @throws TrustError where there is none
VaultToken parse_vault_login(std::string_view body, const std::string& what);

/// `data.secret_id` of an unwrapped answer. @throws TrustError where there is none
Secret parse_vault_secret_id(std::string_view body, const std::string& what);

/// What to read of a secret.
struct VaultFields {
  unsigned kv = 2;
  std::string field;
  std::string username_field;  ///< Empty: none.
};
struct VaultSecret {
  Secret value;
  std::string username;
};
/// `data` (KV version 1) or `data.data` (KV version 2) of a secret.
/// @throws TrustError for a deleted or destroyed version (never an empty password), and for a field
/// that is missing, no text, or empty
VaultSecret parse_vault_secret(std::string_view body, const VaultFields& fields,
                               const std::string& what);

/// Why KV version 2 has no such version, though the server knows the secret: "was deleted at ..."
/// or "was destroyed"; nothing where the body does not say so.
std::optional<std::string> vault_version_gone(std::string_view body);

}  // namespace envlock
