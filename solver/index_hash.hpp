#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace envlock {

/// XXH64 (the xxHash specification, version 0.1.1): the checksum of index files. Finds damage, not
/// forgery.
std::uint64_t xxh64(std::span<const std::byte> bytes, std::uint64_t seed) noexcept;

/// For hash tables over outside text: `seed` is the process's own, so that nobody can choose texts
/// that collide. Never stored.
std::uint64_t table_hash(std::string_view text, std::uint64_t seed) noexcept;

/// A seed for table_hash: differs from run to run.
std::uint64_t random_seed();

}  // namespace envlock
