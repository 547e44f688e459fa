#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/pack_facts.hpp"
#include "pack/prefix_plan.hpp"
#include "pack/tree_filter.hpp"
#include "verify/policy.hpp"
#include "verify/prefix_check.hpp"

namespace envlock {

/// What `pack --prefix` does with all that is not as the packages say: every such thing is taken,
/// left out or accepted by somebody's explicit wish, or the prefix is not packed.
struct PackChoice {
  std::vector<Finding> refused;          ///< What nobody wished: it stays a finding. Sorted.
  std::vector<PathToTake> taken;         ///< Sorted by path, each once.
  std::vector<std::string> left;         ///< Planned paths that go: accepted as missing. Sorted.
  std::vector<AcceptedItem> accepted;    ///< For PackFacts, sorted.
  std::vector<UnownedFile> left_behind;  ///< What no package brought and nobody wanted.
  std::vector<std::string> faults;       ///< What was wished and cannot be.
};

/// @param unowned  as VerifyResult has them
/// @param judged   the findings after envlock.yml's policy
/// @param steps    of --exclude and --include, in order: an include takes what no package brought,
///                 an exclude leaves it, or the file of a package that is not right
PackChoice choose_for_pack(std::span<const UnownedFile> unowned, const JudgedFindings& judged,
                           std::span<const FilterStep> steps);

/// The paths that filters may be about beside the packages' files.
std::vector<std::string> paths_of_findings(std::span<const UnownedFile> unowned,
                                           const JudgedFindings& judged);

}  // namespace envlock
