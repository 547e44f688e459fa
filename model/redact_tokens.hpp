#pragma once

#include <string>
#include <string_view>

namespace envlock {

/// Replaces by '***' what looks like a secret wherever it comes from: the value of an
/// Authorization, Proxy-Authorization or X-Vault-Token header up to the end of the line or a quote,
/// and Vault's tokens (hvs., hvb., hvr., the older s., b. and r. with 24 mixed letters and digits).
std::string redact_tokens(std::string_view text);

}  // namespace envlock
