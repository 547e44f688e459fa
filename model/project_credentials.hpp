#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/url.hpp"
#include "model/yaml_reader.hpp"

namespace envlock {

/// How somebody proves to a Vault server who asks: names of places where secrets are, never the
/// secrets.
struct VaultLogin {
  enum class Method : std::uint8_t { token, approle };
  Method method = Method::token;
  std::string token_env, token_file;  ///< Of `token`: one of the two.
  std::string approle_mount = "approle";
  std::string role_id, role_id_env;           ///< Of `approle`: one of the two; no secret.
  std::string secret_id_env, secret_id_file;  ///< Of `approle`: one of the two.
  bool wrapped = false;  ///< What the secret_id's place holds is a response-wrapping token.
  friend bool operator==(const VaultLogin&, const VaultLogin&) = default;
};

/// One field of one secret in Vault's key/value store.
struct VaultRule {
  Url address;  ///< https, or http on loopback; without "/v1".
  std::string namespace_path = {};
  /// Further servers of the same cluster that the first one may redirect to.
  std::vector<Url> standby = {};
  std::string mount = "secret";
  std::string path = {};
  std::string field = {};
  std::string username_field = {};
  unsigned kv = 2;                            ///< 1 or 2: the engine's version.
  std::optional<std::uint32_t> version = {};  ///< Of the secret; the newest where not said.
  VaultLogin login = {};
};

/// Where the credential of a channel comes from and in which form the server reads it. Where
/// several sources are named the first that has it counts, in the order of the fields.
struct CredentialRule {
  enum class Form : std::uint8_t { basic, bearer, token };
  Form form = Form::bearer;
  std::string username = {};  ///< Of `basic`, where the source does not say it.
  std::string systemd = {};   ///< A file's name in $CREDENTIALS_DIRECTORY.
  /// The absolute path of a program of git-credential's form, and its arguments.
  std::vector<std::string> helper = {};
  std::optional<VaultRule> vault = {};
  std::string env = {};  ///< An environment variable's name.
  SourcePlace place = {};
};

/// "basic", "bearer" or "token".
std::string_view to_string(CredentialRule::Form form) noexcept;
std::optional<CredentialRule::Form> parse_credential_form(std::string_view text) noexcept;

/// Reads `credentials:` of a channel.
/// @throws InputError with the line for unknown keys, for values that cannot be, and for a secret
/// written into the file
CredentialRule read_credential_rule(const YamlReader& in, const YamlEntry& entry);

/// The keys of "credentials", "vault", "vault_auth" and "approle", sorted.
std::span<const std::string_view> credential_keys(std::string_view section) noexcept;

}  // namespace envlock
