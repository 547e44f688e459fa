#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// The bracket section of a MatchSpec as text: `[key=value,key='value',key=[a,b]]` (CF 4.3). What
// the keys mean is the business of match_spec_parser.cpp.

namespace envlock {

/// One `key=value` of a bracket section.
struct BracketItem {
  std::string key;
  std::vector<std::string> values;  ///< One, unless `is_list`; none for a key without '='.
  bool is_list = false;
  bool is_quoted = false;
};

/// Where the ']' stands that closes the '[' at `open`, quotes and nested brackets skipped; npos
/// where there is none.
std::size_t closing_bracket(std::string_view text, std::size_t open) noexcept;

/// Splits what stands between the brackets. @throws InputError for a missing or empty value, an
/// unquoted value with '=' or brackets, text after a quote, or a key given twice
std::vector<BracketItem> parse_bracket_items(std::string_view inside);

/// `value` in single quotes, so that parse_bracket_items() gives it back.
std::string quote_bracket_value(std::string_view value);

}  // namespace envlock
