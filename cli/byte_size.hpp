#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// "500", "20K", "1.5G", "10 GiB": K, M, G and T are powers of 1000, Ki, Mi, Gi and Ti of 1024, a
/// "B" may follow, case makes no difference. Nothing for anything else, or beyond 64 bits.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

/// For people: "0 B", "999 B", "1.5 kB", "12 MB": decimal units, two or three digits.
std::string human_bytes(std::uint64_t bytes);

}  // namespace envlock
