#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envlock {

// What content trust signs is not the text of a JSON value but its canonical form. Everything here
// takes one JSON value as it came and refuses: what RFC 8259 does not allow, invalid UTF-8, lone
// surrogates, an object with a key given twice, containers nested deeper than `max_json_depth`.

inline constexpr std::size_t max_json_depth = 64;

/// The bytes that are signed: keys sorted by code point, two spaces of indent, ASCII only (Python's
/// `json.dumps(value, indent=2, sort_keys=True)`), without a line end after the last. A number's
/// text is kept, and refused where it is not the one that Python would print: nobody's digits are
/// ever rewritten. Linear in the size of the value; the result is at most 70 times as long.
/// @throws InputError "byte N: ..." (N counts from 0 within `json`)
[[nodiscard]] std::string canonical_json(std::string_view json);

/// A member of an object: its key decoded to UTF-8, its value as it stands in the text.
struct JsonMember {
  std::string key;
  std::string_view raw;
};

/// The members of an object in the order of the text, all of it checked; nothing where the value is
/// no object. Numbers need not be canonical.
/// @throws InputError as above
[[nodiscard]] std::optional<std::vector<JsonMember>> json_members(std::string_view json);

/// The text (UTF-8) that a JSON string stands for; nothing where the value is no string.
/// @throws InputError as above
[[nodiscard]] std::optional<std::string> json_string(std::string_view json);

}  // namespace envlock
