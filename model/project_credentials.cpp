#include "model/project_credentials.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 6> rule_keys = {"as",      "env",      "helper",
                                                       "systemd", "username", "vault"};
constexpr std::array<std::string_view, 10> vault_keys = {
    "address", "auth",    "field",          "kv",     "mount", "namespace",
    "path",    "standby", "username_field", "version"};
constexpr std::array<std::string_view, 3> auth_keys = {"approle", "token_env", "token_file"};
constexpr std::array<std::string_view, 6> approle_keys = {
    "mount", "role_id", "role_id_env", "secret_id_env", "secret_id_file", "wrapped"};
/// What people write who mean to put the secret itself here.
constexpr std::array<std::string_view, 8> secret_keys = {
    "api_key", "key", "login", "pass", "password", "secret", "secret_id", "token"};

constexpr std::array<std::pair<std::string_view, CredentialRule::Form>, 3> forms = {
    {{"basic", CredentialRule::Form::basic},
     {"bearer", CredentialRule::Form::bearer},
     {"token", CredentialRule::Form::token}}};

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

class RuleReader {
 public:
  explicit RuleReader(const YamlReader& in) : in_(in) {}

  CredentialRule read(const YamlEntry& entry) {
    CredentialRule rule;
    rule.place = in_.place(entry);
    require_mapping(entry, "env: ACME_TOKEN");
    bool has_form = false;
    for (const YamlEntry& item : entry.value.entries) {
      if (item.key == "as") {
        rule.form = read_form(item.value);
        has_form = true;
      } else if (item.key == "username") {
        rule.username = read_username(item.value);
      } else if (item.key == "env") {
        rule.env = read_variable(item);
      } else if (item.key == "systemd") {
        rule.systemd = read_credential_name(item.value);
      } else if (item.key == "helper") {
        rule.helper = read_helper(item.value);
      } else if (item.key == "vault") {
        rule.vault = read_vault(item);
      } else {
        refuse_key(item, "'credentials'", rule_keys);
      }
    }
    check(rule, has_form);
    return rule;
  }

 private:
  void require_mapping(const YamlEntry& entry, const std::string& example) const {
    if (entry.value.kind == YamlNode::Kind::scalar)
      throw InputError(in_.place(entry),
                       "'" + printable(entry.key, 60) + "' takes a mapping, not a text",
                       "a secret never stands in this file: name the place that has it, for "
                       "example {as: token, " +
                           example + "}; see docs/credentials.md");
    in_.require_mapping(entry.value, "'" + entry.key + "'");
  }

  [[noreturn]] void refuse_key(const YamlEntry& entry, const std::string& owner,
                               std::span<const std::string_view> known) const {
    if (std::ranges::count(secret_keys, std::string_view(entry.key)) != 0)
      throw InputError(in_.place(entry), "'" + entry.key + "' would put a secret into this file",
                       "files are read by others and kept by git: name the place that has it (env, "
                       "systemd, helper or vault; see docs/credentials.md), and if the secret has "
                       "been committed, revoke it");
    in_.refuse_key(entry, owner, known);
  }

  CredentialRule::Form read_form(const YamlNode& node) const {
    const std::string text = in_.text(node, "'as'");
    if (const auto form = parse_credential_form(text)) return *form;
    throw InputError(in_.place(node), "'" + printable(text, 60) + "' is no form of a credential",
                     "write token (/t/TOKEN/ in the URL), basic or bearer");
  }

  std::string read_username(const YamlNode& node) const {
    std::string text = in_.text(node, "'username'");
    if (text.find(':') != std::string::npos || text.size() > 255)
      throw InputError(in_.place(node), "'username' cannot have a ':'",
                       "the name alone stands here; the password stays where the source is");
    return text;
  }

  /// POSIX names. A value pasted by mistake hardly ever is one, and is not repeated.
  std::string read_variable(const YamlEntry& entry) const {
    const std::string what = "'" + entry.key + "'";
    std::string name = in_.text(entry.value, what);
    const bool good = name.size() <= 128 && !(name.front() >= '0' && name.front() <= '9') &&
                      std::ranges::all_of(name, [](char c) { return is_alnum(c) || c == '_'; });
    if (!good)
      throw InputError(in_.place(entry.value), what + " takes the name of an environment variable",
                       "write its name without '$' and without its value, for example ACME_TOKEN");
    return name;
  }

  std::string read_credential_name(const YamlNode& node) const {
    std::string name = in_.text(node, "'systemd'");
    const bool good =
        name.size() <= 128 && name.front() != '.' &&
        std::ranges::all_of(name, [](char c) { return is_alnum(c) || is_one_of(c, "._-"); });
    if (!good)
      throw InputError(in_.place(node), "'systemd' takes the name of a credential",
                       "write NAME as in LoadCredential=NAME:PATH of the service");
    return name;
  }

  std::string read_path(const YamlEntry& entry) const {
    const std::string what = "'" + entry.key + "'";
    std::string path = in_.text(entry.value, what);
    if (path.front() != '/' || path.size() > 4096)
      throw InputError(in_.place(entry.value), what + " takes an absolute path",
                       "write it from '/' on; '~' and variables are not expanded");
    return path;
  }

  std::vector<std::string> read_helper(const YamlNode& node) const {
    std::vector<std::string> words;
    if (node.kind == YamlNode::Kind::scalar) {
      words.push_back(in_.text(node, "'helper'"));
    } else {
      for (const YamlNode* item : in_.list(node, "'helper'"))
        words.push_back(in_.text(*item, "a word of 'helper'"));
    }
    if (words.empty() || words.front().front() != '/' || words.size() > 32)
      throw InputError(in_.place(node), "'helper' takes the absolute path of a program",
                       "write for example [/usr/lib/git-core/git-credential-libsecret]; there is "
                       "no shell and no search in PATH");
    return words;
  }

  // ---- Vault

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

  VaultRule read_vault(const YamlEntry& entry) const {
    require_mapping(entry, "vault: {address: ...}");
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
        refuse_key(item, "'vault'", vault_keys);
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

  VaultLogin read_auth(const YamlEntry& entry) const {
    require_mapping(entry, "auth: {token_env: VAULT_TOKEN}");
    VaultLogin login;
    for (const YamlEntry& item : entry.value.entries) {
      if (item.key == "token_env") {
        login.token_env = read_variable(item);
      } else if (item.key == "token_file") {
        login.token_file = read_path(item);
      } else if (item.key == "approle") {
        login.method = VaultLogin::Method::approle;
        read_approle(item, login);
      } else {
        refuse_key(item, "'auth' of 'vault'", auth_keys);
      }
    }
    if (entry.value.entries.size() != 1)
      throw InputError(in_.place(entry), "'auth' takes one of token_env, token_file and approle",
                       "for example auth: {token_env: VAULT_TOKEN}");
    return login;
  }

  void read_approle(const YamlEntry& entry, VaultLogin& login) const {
    require_mapping(entry, "approle: {role_id: ..., secret_id_env: NAME}");
    for (const YamlEntry& item : entry.value.entries) {
      if (item.key == "mount") {
        login.approle_mount = read_vault_path(item);
      } else if (item.key == "role_id") {
        login.role_id = in_.text(item.value, "'role_id'");
      } else if (item.key == "role_id_env") {
        login.role_id_env = read_variable(item);
      } else if (item.key == "secret_id_env") {
        login.secret_id_env = read_variable(item);
      } else if (item.key == "secret_id_file") {
        login.secret_id_file = read_path(item);
      } else if (item.key == "wrapped") {
        login.wrapped = in_.boolean(item.value, "'wrapped'");
      } else {
        refuse_key(item, "'approle'", approle_keys);
      }
    }
    if (login.role_id.empty() == login.role_id_env.empty() ||
        login.secret_id_env.empty() == login.secret_id_file.empty())
      throw InputError(in_.place(entry),
                       "'approle' needs one of role_id and role_id_env, and one of secret_id_env "
                       "and secret_id_file",
                       "for example {role_id: 1a2b, secret_id_env: VAULT_SECRET_ID}");
  }

  static void check(const CredentialRule& rule, bool has_form) {
    if (!has_form)
      throw InputError(rule.place, "'credentials' does not say in which form the server reads them",
                       "add as: token (/t/TOKEN/ in the URL), as: basic or as: bearer");
    if (rule.form != CredentialRule::Form::basic && !rule.username.empty())
      throw InputError(rule.place, "'username' is for as: basic alone", "leave it out");
    const bool unnamed = rule.username.empty() && rule.form == CredentialRule::Form::basic;
    if (unnamed && (!rule.env.empty() || !rule.systemd.empty() ||
                    (rule.vault && rule.vault->username_field.empty())))
      throw InputError(rule.place, "as: basic needs a user name, which this source does not have",
                       "add username: NAME" +
                           std::string(rule.vault ? ", or username_field: FIELD to 'vault'" : ""));
  }

  const YamlReader& in_;
};

}  // namespace

std::string_view to_string(CredentialRule::Form form) noexcept {
  for (const auto& [text, value] : forms) {
    if (value == form) return text;
  }
  return "bearer";
}

std::optional<CredentialRule::Form> parse_credential_form(std::string_view text) noexcept {
  for (const auto& [known, value] : forms) {
    if (known == text) return value;
  }
  return std::nullopt;
}

CredentialRule read_credential_rule(const YamlReader& in, const YamlEntry& entry) {
  return RuleReader(in).read(entry);
}

std::span<const std::string_view> credential_keys(std::string_view section) noexcept {
  if (section == "credentials") return rule_keys;
  if (section == "vault") return vault_keys;
  if (section == "vault_auth") return auth_keys;
  if (section == "approle") return approle_keys;
  return {};
}

}  // namespace envlock
