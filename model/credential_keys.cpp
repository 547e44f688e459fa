#include "model/credential_keys.hpp"

#include <algorithm>
#include <array>

#include "model/text.hpp"

namespace envlock {
namespace {

/// What people write who mean to put the secret itself here.
constexpr std::array<std::string_view, 8> secret_keys = {
    "api_key", "key", "login", "pass", "password", "secret", "secret_id", "token"};

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

void CredentialKeys::require_mapping(const YamlEntry& entry, const std::string& example) const {
  if (entry.value.kind == YamlNode::Kind::scalar)
    throw InputError(in_.place(entry),
                     "'" + printable(entry.key, 60) + "' takes a mapping, not a text",
                     "a secret never stands in this file: name the place that has it, for "
                     "example {as: token, " +
                         example + "}; see docs/credentials.md");
  in_.require_mapping(entry.value, "'" + entry.key + "'");
}

void CredentialKeys::refuse_key(const YamlEntry& entry, const std::string& owner,
                                std::span<const std::string_view> known) const {
  if (std::ranges::count(secret_keys, std::string_view(entry.key)) != 0)
    throw InputError(in_.place(entry), "'" + entry.key + "' would put a secret into this file",
                     "files are read by others and kept by git: name the place that has it (env, "
                     "systemd, helper or vault; see docs/credentials.md), and if the secret has "
                     "been committed, revoke it");
  in_.refuse_key(entry, owner, known);
}

std::string CredentialKeys::variable(const YamlEntry& entry) const {
  const std::string what = "'" + entry.key + "'";
  std::string name = in_.text(entry.value, what);
  const bool good = name.size() <= 128 && !(name.front() >= '0' && name.front() <= '9') &&
                    std::ranges::all_of(name, is_name_char);
  if (!good)
    throw InputError(in_.place(entry.value), what + " takes the name of an environment variable",
                     "write its name without '$' and without its value, for example ACME_TOKEN");
  return name;
}

std::string CredentialKeys::absolute_path(const YamlEntry& entry) const {
  const std::string what = "'" + entry.key + "'";
  std::string path = in_.text(entry.value, what);
  if (path.front() != '/' || path.size() > 4096)
    throw InputError(in_.place(entry.value), what + " takes an absolute path",
                     "write it from '/' on; '~' and variables are not expanded");
  return path;
}

}  // namespace envlock
