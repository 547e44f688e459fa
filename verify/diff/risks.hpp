#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "verify/diff/compare.hpp"

namespace envlock {

/// One platform of both sides.
struct RiskContext {
  const DiffInput& before_input;
  const DiffInput& after_input;
  const DiffPlatform& before;
  const DiffPlatform& after;
  const std::string& environment;
  const std::string& subdir;
  const DiffSettings& settings;
};

/// Looks at the changes of a platform for signs that they need eyes, and adds those as changes of
/// their own.
/// @param first  of the platform's changes in `changes`
void add_risks(const RiskContext& context, std::size_t first, std::vector<Change>& changes);

}  // namespace envlock
