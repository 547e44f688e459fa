#pragma once

#include <span>
#include <string_view>

#include "model/project_credentials.hpp"

namespace envlock {

/// Reads `vault:` of a channel's credentials. @throws InputError with the line
VaultRule read_vault_rule(const YamlReader& in, const YamlEntry& entry);

/// The keys of "vault", "vault_auth" and "approle", sorted.
std::span<const std::string_view> vault_rule_keys(std::string_view section) noexcept;

}  // namespace envlock
