#pragma once

#include <string_view>

// The parts of the activation scripts that are the same everywhere.

namespace envlock::activation_text {

/// Before the variables; ends inside of `__envlock_variables() {`.
extern const std::string_view posix_head;
/// After them.
extern const std::string_view posix_tail;
extern const std::string_view fish_head;
extern const std::string_view fish_tail;

}  // namespace envlock::activation_text
