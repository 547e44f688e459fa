#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/lockfile.hpp"
#include "model/requirement.hpp"

namespace envlock {

/// A requirement of a locked wheel or project that holds on a platform.
struct PypiNeed {
  Requirement requirement;
  std::string text;  ///< As the metadata has it.
};

/// What each package of PyPI of one platform needs there, by project: without what a marker of the
/// platform excludes, and of extras only those that a line or another package asks for, or that are
/// the only reason for a package that is there.
std::map<std::string, std::vector<PypiNeed>> pypi_needs(const Lockfile& lock,
                                                        const Platform& platform);

}  // namespace envlock
