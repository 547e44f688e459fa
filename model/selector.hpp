#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/platform.hpp"

namespace envlock {

/// True where a selector's expression holds for `platform`: the variables of CEP 24 ("linux",
/// "win64", ...) with `not`, `and`, `or` and parentheses.
/// @param expression  one that `selector_fault` finds no fault with
bool selector_holds(std::string_view expression, const Platform& platform);

/// What is wrong with an expression, for a message; nothing where it can be evaluated.
struct SelectorFault {
  std::string message;
  std::string hint;
};
std::optional<SelectorFault> selector_fault(std::string_view expression);

}  // namespace envlock
