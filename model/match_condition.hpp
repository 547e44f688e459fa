#pragma once

#include <string_view>

namespace envlock {

/// Checks the expression of a `when=` key (CEP 43, CF 2.3): MatchSpecs without white space outside
/// their brackets, joined by `and`, `or` and parentheses, none of them conditional itself.
/// @throws InputError saying which part is wrong
void check_condition(std::string_view text);

}  // namespace envlock
