#pragma once

#include <string>
#include <vector>

#include "model/lockfile.hpp"
#include "model/project_pypi.hpp"

namespace envlock {

/// A project of PyPI that the environment has from conda.
struct ProvidedProject {
  std::string project;  ///< Normalised.
  std::string version;  ///< Of Python's kind, normalised; empty where conda's is none.
  const LockedPackage* package = nullptr;
};

/// What conda packages are in PyPI's terms: by envlock.yml's `names`, by a short list of packages
/// that are known to differ, else a package that needs python is the project of the same normalised
/// name (docs/pip.md). Sorted by project, each once.
std::vector<ProvidedProject> provided_projects(const std::vector<LockedPackage>& packages,
                                               const PypiRules& rules);

/// The projects that a conda package of this name (in lower case) may be on PyPI: that of the same
/// name, and what envlock.yml or the short list say. Where a name is refused, all are meant.
std::vector<std::string> projects_named(const std::string& name, const PypiRules& rules);

}  // namespace envlock
