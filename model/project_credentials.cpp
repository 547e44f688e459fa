#include "model/project_credentials.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "model/credential_keys.hpp"
#include "model/project_vault.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::array<std::string_view, 6> rule_keys = {"as",      "env",      "helper",
                                                       "systemd", "username", "vault"};
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
  explicit RuleReader(const YamlReader& in) : in_(in), keys_(in) {}

  CredentialRule read(const YamlEntry& entry) {
    CredentialRule rule;
    rule.place = in_.place(entry);
    keys_.require_mapping(entry, "env: ACME_TOKEN");
    bool has_form = false;
    for (const YamlEntry& item : entry.value.entries) {
      if (item.key == "as") {
        rule.form = read_form(item.value);
        has_form = true;
      } else if (item.key == "username") {
        rule.username = read_username(item.value);
      } else if (item.key == "env") {
        rule.env = keys_.variable(item);
      } else if (item.key == "systemd") {
        rule.systemd = read_credential_name(item.value);
      } else if (item.key == "helper") {
        rule.helper = read_helper(item.value);
      } else if (item.key == "vault") {
        rule.vault = read_vault_rule(in_, item);
      } else {
        keys_.refuse_key(item, "'credentials'", rule_keys);
      }
    }
    check(rule, has_form);
    return rule;
  }

 private:
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
  CredentialKeys keys_;
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
  return vault_rule_keys(section);
}

}  // namespace envlock
