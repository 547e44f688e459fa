#include "model/project_vault.hpp"

#include <array>
#include <charconv>

#include "model/credential_keys.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 10> vault_keys = {
    "address", "auth",    "field",          "kv",     "mount", "namespace",
    "path",    "standby", "username_field", "version"};
constexpr std::array<std::string_view, 3> auth_keys = {"approle", "token_env", "token_file"};
constexpr std::array<std::string_view, 6> approle_keys = {
    "mount", "role_id", "role_id_env", "secret_id_env", "secret_id_file", "wrapped"};

class VaultReader {
 public:
  explicit VaultReader(const YamlReader& in) : in_(in), keys_(in) {}

  VaultRule read(const YamlEntry& entry) const {
    keys_.require_mapping(entry, "vault: {address: ...}");
    std::optional<Url> address;
    for (const YamlEntry& item : entry.value.entries)
      if (item.key == "address") address = read_address(item.value, "'address'");
    if (!address)
      throw InputError(in_.place(entry), "'vault' has no 'address'",
                       "add address: https://vault.example:8200");
    VaultRule rule{.address = *address};
    bool has_auth = false;
    for (const YamlEntry& item : entry.value.entries) {
      if (item.key == "address") continue;
      if (item.key == "namespace") {
        rule.namespace_path = read_vault_path(item);
      } else if (item.key == "standby") {
        for (const YamlNode* node : in_.list(item.value, "'standby'"))
          rule.standby.push_back(read_address(*node, "an address of 'standby'"));
      } else if (item.key == "mount") {
        rule.mount = read_vault_path(item);
      } else if (item.key == "path") {
        rule.path = read_vault_path(item);
      } else if (item.key == "field") {
        rule.field = in_.text(item.value, "'field'");
      } else if (item.key == "username_field") {
        rule.username_field = in_.text(item.value, "'username_field'");
      } else if (item.key == "kv") {
        rule.kv = read_number(item.value, "'kv'", 1, 2);
      } else if (item.key == "version") {
        rule.version = read_number(item.value, "'version'", 1, 1'000'000'000);
      } else if (item.key == "auth") {
        rule.login = read_auth(item);
        has_auth = true;
      } else {
        keys_.refuse_key(item, "'vault'", vault_keys);
      }
    }
    if (rule.path.empty() || rule.field.empty() || !has_auth)
      throw InputError(in_.place(entry), "'vault' needs 'address', 'path', 'field' and 'auth'",
                       "for example {address: https://vault.example:8200, path: conda/acme, field: "
                       "token, auth: {token_env: VAULT_TOKEN}}");
    if (rule.kv == 1 && rule.version)
      throw InputError(in_.place(entry), "'version' is for 'kv: 2': version 1 keeps no versions",
                       "leave one of the two out");
    return rule;
  }

 private:
  Url read_address(const YamlNode& node, const std::string& what) const {
    const std::string text = in_.text(node, what);
    const auto url = Url::parse(text);
    const bool safe =
        url && (url->scheme() == "https" || (url->scheme() == "http" && url->is_loopback()));
    if (!safe || url->has_credentials())
      throw InputError(in_.place(node), what + " takes the https URL of a Vault server",
                       "write for example https://vault.example:8200, without credentials");
    return *url;
  }

  /// A mount, a namespace or a secret's path: parts between single slashes.
  std::string read_vault_path(const YamlEntry& entry) const {
    const std::string what = "'" + entry.key + "'";
    std::string_view text;
    const std::string whole = in_.text(entry.value, what);
    text = whole;
    while (text.starts_with('/')) text.remove_prefix(1);
    while (text.ends_with('/')) text.remove_suffix(1);
    bool good = !text.empty() && text.size() <= 512 && is_utf8(text) && !text.ends_with('.');
    for (std::size_t at = 0; good && at <= text.size();) {
      const std::size_t end = std::min(text.find('/', at), text.size());
      const std::string_view part = text.substr(at, end - at);
      good = !part.empty() && part != "." && part != "..";
      at = end + 1;
    }
    if (!good)
      throw InputError(in_.place(entry.value), what + " is no path of Vault's",
                       "write parts between single slashes, no '..', and no '.' at the end, which "
                       "Vault answers with 404");
    return std::string(text);
  }

  std::uint32_t read_number(const YamlNode& node, const std::string& what, std::uint32_t least,
                            std::uint32_t most) const {
    const std::string text = in_.text(node, what);
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || at != end || number < least || number > most)
      throw InputError(in_.place(node), what + " takes a number from " + std::to_string(least) +
                                            " to " + std::to_string(most));
    return number;
  }

  VaultLogin read_auth(const YamlEntry& entry) const {
    keys_.require_mapping(entry, "auth: {token_env: VAULT_TOKEN}");
    VaultLogin login;
    for (const YamlEntry& item : entry.value.entries) {
      if (item.key == "token_env") {
        login.token_env = keys_.variable(item);
      } else if (item.key == "token_file") {
        login.token_file = keys_.absolute_path(item);
      } else if (item.key == "approle") {
        login.method = VaultLogin::Method::approle;
        read_approle(item, login);
      } else {
        keys_.refuse_key(item, "'auth' of 'vault'", auth_keys);
      }
    }
    if (entry.value.entries.size() != 1)
      throw InputError(in_.place(entry), "'auth' takes one of token_env, token_file and approle",
                       "for example auth: {token_env: VAULT_TOKEN}");
    return login;
  }

  void read_approle(const YamlEntry& entry, VaultLogin& login) const {
    keys_.require_mapping(entry, "approle: {role_id: ..., secret_id_env: NAME}");
    for (const YamlEntry& item : entry.value.entries) {
      if (item.key == "mount") {
        login.approle_mount = read_vault_path(item);
      } else if (item.key == "role_id") {
        login.role_id = in_.text(item.value, "'role_id'");
      } else if (item.key == "role_id_env") {
        login.role_id_env = keys_.variable(item);
      } else if (item.key == "secret_id_env") {
        login.secret_id_env = keys_.variable(item);
      } else if (item.key == "secret_id_file") {
        login.secret_id_file = keys_.absolute_path(item);
      } else if (item.key == "wrapped") {
        login.wrapped = in_.boolean(item.value, "'wrapped'");
      } else {
        keys_.refuse_key(item, "'approle'", approle_keys);
      }
    }
    if (login.role_id.empty() == login.role_id_env.empty() ||
        login.secret_id_env.empty() == login.secret_id_file.empty())
      throw InputError(in_.place(entry),
                       "'approle' needs one of role_id and role_id_env, and one of secret_id_env "
                       "and secret_id_file",
                       "for example {role_id: 1a2b, secret_id_env: VAULT_SECRET_ID}");
  }

  const YamlReader& in_;
  CredentialKeys keys_;
};

}  // namespace

VaultRule read_vault_rule(const YamlReader& in, const YamlEntry& entry) {
  return VaultReader(in).read(entry);
}

std::span<const std::string_view> vault_rule_keys(std::string_view section) noexcept {
  if (section == "vault") return vault_keys;
  if (section == "vault_auth") return auth_keys;
  if (section == "approle") return approle_keys;
  return {};
}

}  // namespace envlock
