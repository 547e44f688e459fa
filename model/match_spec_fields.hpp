#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/match_spec.hpp"
#include "model/url.hpp"

// How single values inside a MatchSpec are read (CF 4.3). All throw InputError for a malformed one.

namespace envlock {

/// A name in lower case, which must be one by CEP 26.
std::string parse_spec_name(std::string_view text);
/// A build string, glob or `^...$`.
StringMatcher parse_spec_build(std::string_view text);
/// "3", ">=3" and so on.
BuildNumberSpec parse_spec_build_number(std::string_view text);
/// `digits` hexadecimal digits, in lower case. `key` names them in the message.
std::string parse_spec_hash(std::string_view key, std::string_view text, std::size_t digits);
/// Feature names separated by commas or spaces; sorted, each once.
std::vector<std::string> parse_spec_features(std::string_view text);
/// Names of extras (CEP 44); sorted, each once.
std::vector<std::string> parse_spec_extras(std::vector<std::string> groups);
/// Flags or globs of flags (CEP 45); sorted, each once.
std::vector<std::string> parse_spec_flags(std::vector<std::string> flags);
/// A URL without credentials, or an absolute path as a file URL.
Url parse_spec_url(std::string_view text);

/// Whether `text` ends as package files do.
bool names_package_file(std::string_view text) noexcept;
/// ASCII letters, digits, or one of `others`.
bool has_only(std::string_view text, std::string_view others) noexcept;

}  // namespace envlock
