#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// RFC 4648, section 4: the standard alphabet with padding.
std::string base64_of(std::string_view bytes);

/// The bytes that `text` stands for; nothing where it is not canonical: another alphabet, white
/// space, missing padding, bits set behind the last byte.
std::optional<std::string> bytes_of_base64(std::string_view text);

/// The same with or without padding and in either alphabet of RFC 4648 (each text in one of them),
/// as DSSE readers must accept.
std::optional<std::string> bytes_of_any_base64(std::string_view text);

}  // namespace envlock
