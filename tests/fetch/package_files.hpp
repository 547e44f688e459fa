#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "fetch/package_store.hpp"

namespace envlock::test {

/// Bytes that look like nothing in particular, the same for the same seed.
std::string made_up_bytes(std::size_t size, unsigned seed = 1);

/// What a lock would say of a package with these bytes.
WantedPackage wanted_of(std::string_view bytes, std::string file_name = "zlib-1.3-0.conda");

/// Where the cache below `cache` keeps it.
std::filesystem::path cached_file(const std::filesystem::path& cache, const WantedPackage& wanted);

/// Downloads it, in pieces of `piece_bytes`. @throws what begin and the writer throw
FoundPackage put(PackageStore& store, const WantedPackage& wanted, std::string_view bytes,
                 std::size_t piece_bytes = 16384);

/// The writer that `begin` gives; fails the test where the package is there already.
PackageWriter writer_of(PackageStore& store, const WantedPackage& wanted);

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Every file below packages/ with a package's name, and whether it has the sha256 of that name.
/// @return how many there are; throws std::runtime_error naming one that has not
std::size_t check_final_names(const std::filesystem::path& cache);

/// How many descriptors this process has open.
std::size_t open_descriptors();

}  // namespace envlock::test
