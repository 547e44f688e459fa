#pragma once

#include <string>
#include <vector>

#include "model/baseline.hpp"

namespace envlock {

/// A package that takes the place of a newer one.
struct OlderPackage {
  std::string name, before, after;  ///< "version build".
};

/// What an environment has in a newer version than its successor, or in a newer build of one (the
/// number after the last '_', CF 2.2); by name. Packages whose version cannot be read are left out.
/// @param prefix  absolute; conda-meta says what it has
/// @throws IoError where it cannot be read
std::vector<OlderPackage> older_packages(const std::string& prefix, const Baseline& successor);

/// What to say of them, a line each; empty where there are none.
std::vector<std::string> told_older(const std::vector<OlderPackage>& packages);

}  // namespace envlock
