#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace envlock {

/// "500", "20K", "1.5G", "10 GiB": K, M, G and T are powers of 1000, Ki, Mi, Gi and Ti of 1024, a
/// "B" may follow, case makes no difference. Nothing for anything else, or beyond 64 bits.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

/// For people: "0 bytes", "1 byte", "999 bytes", "1.0 kB", "12.3 GB" (powers of 1000).
std::string byte_size_text(std::uint64_t bytes);

}  // namespace envlock
