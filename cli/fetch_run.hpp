#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "cli/command.hpp"
#include "cli/fetch_attestations.hpp"
#include "cli/fetch_requests.hpp"
#include "cli/project_file.hpp"
#include "fetch/package_fetch.hpp"

namespace envlock {

/// What a run brought into the cache, by position of the package.
struct FetchRun {
  std::filesystem::path cache;
  std::vector<WantedRecord> wanted;
  std::vector<FetchedPackage> fetched;
  AttestationReport attested;
};

struct FetchTotals {
  std::size_t fetched = 0;
  std::size_t cached = 0;
  std::uint64_t bytes_fetched = 0;
  std::uint64_t bytes_wasted = 0;
};
FetchTotals totals_of(std::span<const FetchedPackage> packages);

/// Brings every package of some platforms of some locks into the cache, verified, with progress and
/// warnings on the console. The policy (`require_policy`) is the caller's to ask before.
/// @param locks  must outlive the result
/// @throws what PackageFetcher::fetch and require_attestations throw
FetchRun fetch_packages(std::span<const LockPart> locks, const std::optional<ProjectFile>& project,
                        Context& context);

}  // namespace envlock
