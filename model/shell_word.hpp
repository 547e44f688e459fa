#pragma once

#include <string>
#include <string_view>

namespace envlock {

/// `text` as one word of a POSIX shell, in single quotes where that is needed.
std::string shell_word(std::string_view text);

}  // namespace envlock
