#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "cli/command.hpp"
#include "fetch/cache.hpp"
#include "fetch/package_store.hpp"
#include "verify/diff/compare.hpp"

namespace envlock {

/// What packages bring that runs by itself, read from those that are in a cache: nothing is
/// fetched. Each is read once. Thread-safe.
class CachedScripts {
 public:
  /// @throws TrustError, IoError for a cache that may not be used
  explicit CachedScripts(const Context& context);

  /// Nothing where the package is in no cache, or what it says of itself cannot be read.
  std::optional<PackageScripts> operator()(const PackageRecord& record);

 private:
  Cache cache_;
  PackageStore store_;
  std::mutex mutex_;  ///< Over `known_`.
  std::map<Sha256, std::optional<PackageScripts>> known_;
};

}  // namespace envlock
