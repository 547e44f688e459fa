#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fetch/cache.hpp"
#include "model/digest.hpp"
#include "model/time.hpp"

namespace envlock {

/// What a file of the cache is (docs/cache.md).
enum class CacheKind : std::uint8_t {
  package,      ///< With its seals.
  attestation,  ///< Who published a package, as it was proved.
  partial,      ///< An unfinished download, or what a killed process left.
  repodata,     ///< What is known of a channel's listing.
  index,        ///< Made of one.
  shard,        ///< A part of one, as it was served.
  other,        ///< Nothing that envlock knows how to clean.
};

/// "packages", "partials", ...: how `envlock cache` calls them.
std::string_view to_string(CacheKind kind) noexcept;

/// One thing in the cache, with the small files that belong to it.
struct CacheItem {
  CacheKind kind = CacheKind::other;
  std::string folder;                   ///< Below the cache: "packages"; empty: the cache itself.
  std::string name;                     ///< Of its main file, in that folder.
  std::vector<std::string> companions;  ///< Names of the files that go with it.
  std::uint64_t bytes = 0;              ///< Of all of them.
  Instant last_used;                    ///< To the day: see PackageFolder::read_small.
  std::optional<Sha256> sha256;         ///< Of a package or the attested one, as its name says.
  /// Nobody can ever use it: it may go without being asked for.
  bool is_leftover = false;

  [[nodiscard]] std::string path() const { return folder.empty() ? name : folder + '/' + name; }
};

/// Everything in the cache, sorted by path. Nothing is followed, opened or changed.
/// @param now  what is a temporary file of a process at work, and what was left by a killed one
/// @throws IoError
std::vector<CacheItem> list_cache(const Cache& cache, Instant now);

}  // namespace envlock
