#pragma once

#include <string_view>

namespace envlock {

/// Whether Python would print the number that `number` (a number of RFC 8259) stands for with just
/// these characters: integers of any size as they are, all others as the shortest text that reads
/// back as the same double ("1e+16", "1000000000000000.0", "1e-07", "-0.0"). Beyond the range of
/// a double: false.
[[nodiscard]] bool is_canonical_number(std::string_view number) noexcept;

}  // namespace envlock
