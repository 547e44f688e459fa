#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace envlock::test {

/// The bytes that `hex` (2 * Size lower-case digits) stands for.
template <std::size_t Size>
std::array<std::byte, Size> bytes_of_hex(std::string_view hex) {
  const auto nibble = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::array<std::byte, Size> bytes{};
  for (std::size_t i = 0; i < Size; ++i) {
    bytes.at(i) = static_cast<std::byte>(nibble(hex.at(2 * i)) * 16 + nibble(hex.at(2 * i + 1)));
  }
  return bytes;
}

}  // namespace envlock::test
