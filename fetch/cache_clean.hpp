#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <stop_token>
#include <vector>

#include "fetch/cache_inventory.hpp"

namespace envlock {

/// What is to go. What any of the first five selects goes, unless `keep` names it.
struct CleanPlan {
  bool everything = false;                 ///< All but what envlock does not know.
  bool partials = false;                   ///< Unfinished downloads.
  std::optional<Instant> not_used_since;   ///< What was last used before.
  std::optional<std::uint64_t> max_bytes;  ///< What was longest unused, until the rest fits.
  bool only_kept = false;                  ///< Every package that `keep` does not name.
  std::set<Sha256> keep;                   ///< Packages that stay in any case.
};

/// Which items go by `plan`, in the order of `items`. What envlock does not know never does, nor
/// the locks of repodata.
std::vector<CacheItem> choose_for_cleaning(const std::vector<CacheItem>& items,
                                           const CleanPlan& plan);

struct Cleaned {
  std::vector<CacheItem> removed;
  std::vector<CacheItem> in_use;  ///< Left, because another process writes to them.
};

/// Removes what was chosen. @throws IoError, Interrupted
Cleaned remove_from_cache(const Cache& cache, const std::vector<CacheItem>& chosen,
                          const std::stop_token& stop);

/// A package that is not what its name says.
struct BadPackage {
  CacheItem item;
  std::string why;
};

struct CacheVerdict {
  std::uint64_t packages = 0;
  std::uint64_t bytes_hashed = 0;
  std::vector<BadPackage> bad;  ///< Removed; sorted by path.
};

/// Hashes every package of the cache, whatever its seal says, and removes those that are bad.
/// @param threads  at least 1
/// @throws IoError where one cannot be read, Interrupted
CacheVerdict verify_cache(const Cache& cache, const std::vector<CacheItem>& items,
                          std::size_t threads, const std::stop_token& stop);

}  // namespace envlock
