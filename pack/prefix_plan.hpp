#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "model/baseline.hpp"
#include "pack/prefix_files.hpp"
#include "pack/tree_plan.hpp"

// Plans for packing what is installed.

namespace envlock {

/// The tree of a baseline, every file of which is read from a prefix. What the installer made on
/// the spot (byte code) and `extra`'s paths are left out of the baseline's.
/// @param packages  of the baseline, in its order
/// @param files     is told what is read from it
TreePlan plan_from_prefix(const Baseline& baseline, std::vector<PackageToPlace> packages,
                          std::vector<ExtraFile> extra, PrefixFiles& files);

/// What `take_paths` has to say.
struct TakenPaths {
  std::vector<std::string> faults;   ///< "'PATH': why it cannot be taken"
  std::vector<std::string> notices;  ///< What the user should know.
};

/// Puts paths of a prefix into a plan, as files of nobody; also in the place of a package's, which
/// goes.
/// @throws what PrefixFiles::take throws
TakenPaths take_paths(TreePlan& plan, PrefixFiles& files, std::span<const PathToTake> paths,
                      const std::stop_token& stop);

/// Takes planned files out, by path; unknown ones are passed over.
void leave_paths(TreePlan& plan, std::span<const std::string> paths);

}  // namespace envlock
