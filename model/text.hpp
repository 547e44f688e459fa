#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace envlock {

/// The word of `known` that a mistyped `word` most likely meant (edit distance of at most a third
/// of its length, case ignored); the first of equals. Nothing where none is near.
std::optional<std::string> nearest_word(std::string_view word,
                                        std::span<const std::string_view> known);

/// Outside text made harmless for a terminal and for one line: control characters, DEL, C1
/// controls, bidi and line-separator controls and invalid UTF-8 become "\xNN" or "\u{NNNN}";
/// everything else stays. Cut after `max_bytes` with "...".
std::string printable(std::string_view text, std::size_t max_bytes = 4096);

/// True where all of `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text) noexcept;

std::string_view trim(std::string_view text) noexcept;  ///< Without ASCII white space at both ends.
std::string to_lower(std::string_view text);            ///< ASCII only.

}  // namespace envlock
