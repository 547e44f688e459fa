#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/project_credentials.hpp"
#include "model/secret.hpp"
#include "model/url.hpp"

// What sources of credentials say, as text. No message here repeats a value.

namespace envlock {

/// More than any file of credentials or any helper's answer needs (trust rules, section 6).
inline constexpr std::size_t max_credential_text_bytes = std::size_t{64} << 10U;

/// A secret as a source gave it, with the name of its user where the source says that too.
struct FoundSecret {
  std::string username;
  Secret secret;
};

/// Checks that `found` can be sent in that form: 4 to 8192 bytes without control characters (RFC
/// 7617), for bearer those of RFC 6750's b64token and other visible ASCII, for a token those that
/// stand unescaped in one part of a URL's path; for basic, a user name without ':'.
/// @param what  the source, for messages
/// @throws TrustError that does not repeat the value
void require_sendable(const FoundSecret& found, CredentialRule::Form form, const std::string& what);

/// One block of what --credential-fd reads (docs/credentials.md).
struct CredentialBlock {
  std::optional<Url> url;  ///< Without the token; either this or `channel`.
  std::string channel;
  std::optional<CredentialRule::Form> form;
  FoundSecret found;
};

/// Reads blocks of `key=value` lines, separated by empty lines: `url` or `channel`, `as`,
/// `username`, `password`.
/// @param what  "file descriptor 3"
/// @throws InputError with the line, where it is anything else
std::vector<CredentialBlock> parse_credential_blocks(std::string_view text,
                                                     const std::string& what);

/// What a program of git-credential's form answered to `get`.
struct HelperAnswer {
  FoundSecret found;  ///< The secret is empty where it has none.
  bool quit = false;  ///< Asks to give up, without other sources.
};

/// Reads `key=value` lines up to an empty line or the end (git-credential(1), "INPUT/OUTPUT
/// FORMAT"). Keys that are not known are ignored, as git does.
/// @param asked  what the helper was asked for: `protocol` and `host` of the answer must be its
/// @param now_s  seconds since 1970, for `password_expiry_utc`
/// @throws TrustError for NUL, CR, another host, an expired password, or what is no such line
HelperAnswer parse_helper_answer(std::string_view text, const Url& asked, std::int64_t now_s,
                                 const std::string& what);

/// "protocol=https\nhost=h:8443\npath=p\n", what a helper is asked.
std::string helper_question(const Url& url);

/// The entry of a netrc file for `host` (lower case); nothing where there is none. `account` is
/// skipped, `default` and `macdef` are refused: the one would send a password to any server, the
/// other is for ftp.
/// @throws InputError with the line for what is no netrc file
std::optional<FoundSecret> parse_netrc(std::string_view text, std::string_view host,
                                       const std::string& what);

}  // namespace envlock
