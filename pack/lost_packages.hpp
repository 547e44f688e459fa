#pragma once

#include <string>
#include <vector>

#include "model/baseline.hpp"

namespace envlock {

/// A package that takes the place of a newer one.
struct OlderPackage {
  std::string name, before, after;  ///< "version build".
};

/// What an environment has that its successor has not.
struct LostPackages {
  std::vector<OlderPackage> older;  ///< By name.
  std::vector<std::string> gone;    ///< "name version build", sorted: no build of it comes instead.
};

/// Packages that a successor lacks, or has in an older version or build (the number after the last
/// '_', CF 2.2). Whose version cannot be read is never called older.
/// @param prefix  absolute; conda-meta says what it has
/// @throws IoError where it cannot be read
LostPackages lost_packages(const std::string& prefix, const Baseline& successor);

/// What to say of them, a line each; empty where there are none.
std::vector<std::string> told_lost(const LostPackages& lost);

}  // namespace envlock
