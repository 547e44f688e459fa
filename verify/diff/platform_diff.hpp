#pragma once

#include <string>
#include <vector>

#include "verify/diff/compare.hpp"

namespace envlock {

/// One platform that both sides have.
struct PlatformPair {
  std::string environment;  ///< Empty where both sides have only one.
  std::string subdir;
  const DiffPlatform* before = nullptr;
  const DiffPlatform* after = nullptr;
  /// The platform is new: its packages are told by their number, and only what of them needs eyes
  /// one by one.
  bool only_risks = false;
};

struct PlatformDiff {
  std::vector<Change> changes;
  PlatformTotals totals;
};

/// A document against what is there, not a plan against a plan.
bool is_drift(const DiffInput& before, const DiffInput& after) noexcept;

/// Every difference between two lists of packages, with reasons and risks. Safe to call for
/// several platforms at once, where `settings.scripts` is.
PlatformDiff compare_platform(const DiffInput& before, const DiffInput& after,
                              const PlatformPair& pair, const DiffSettings& settings);

}  // namespace envlock
