#pragma once

// Private to pack/: where the files of a wheel go (PyPA: binary distribution format).

#include <cstddef>

#include "pack/tree_plan.hpp"

namespace envlock {

/// @throws TrustError (6) where the wheel calls itself another project or version than the lock
void require_locked_wheel(const PackageToPlace& source, const WheelInfo& wheel);

/// Adds a wheel's files to the plan, as pip would lay them out in a conda environment: its root and
/// `purelib`, `platlib` into site-packages, `scripts` into bin, `headers` into
/// include/pythonX.Y/NAME, `data` into the prefix; a command for each entry point; "#!python" as
/// the environment's python. In .dist-info, INSTALLER, RECORD, REQUESTED and direct_url.json are
/// envlock's own. RECORD lists every file but byte code, and no hash of those whose first line
/// names the prefix, so that it is the same at every prefix.
/// @param index  into TreePlan::packages, whose `python` and `site_packages` are known
/// @throws TrustError (6) for a path that no package may have, a link script or an unknown kind of
///         data
void add_wheel(TreePlan& plan, std::size_t index);

}  // namespace envlock
