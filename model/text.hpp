#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace envlock {

/// The word of `known` that a mistyped `word` most likely meant (at most a third of its length in
/// edits, an exchange of neighbours being one, case ignored); the first of equals. Nothing where
/// none is near.
std::optional<std::string> nearest_word(std::string_view word,
                                        std::span<const std::string_view> known);

/// Outside text made harmless for a terminal and for one line: control characters, DEL, C1
/// controls, bidi and line-separator controls and invalid UTF-8 become "\xNN" or "\u{NNNN}";
/// everything else stays. Cut after `max_bytes` with "...".
std::string printable(std::string_view text, std::size_t max_bytes = 4096);

/// What next_code_point gives where the bytes are no UTF-8.
inline constexpr char32_t no_code_point = 0xFFFFFFFF;
/// Decodes the code point at `at` and moves past it; `no_code_point` (moving one byte) where there
/// is none (RFC 3629).
char32_t next_code_point(std::string_view text, std::size_t& at) noexcept;
/// Characters that move a cursor, end a line or turn the reading direction (the "Trojan Source"
/// set).
bool is_unsafe(char32_t code_point) noexcept;

/// True where all of `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text) noexcept;

std::string_view trim(std::string_view text) noexcept;  ///< Without ASCII white space at both ends.
std::string to_lower(std::string_view text);            ///< ASCII only.

/// "1 package", "2 packages".
std::string counted(std::uint64_t number, std::string_view noun);

}  // namespace envlock
