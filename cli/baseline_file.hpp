#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/environment_plan.hpp"

namespace envlock {

/// Which byte code a baseline has.
struct ByteCodeWish {
  bool wanted = false;
  /// Where the plan has just been installed; empty: it is installed in a folder of its own in
  /// TMPDIR, which is removed again.
  std::string tree;
};

/// @param notices  gets what the packages' readers say
/// @throws Error (8) where byte code is wanted of another platform than the host's; what
///         make_baseline and add_byte_code throw
Baseline baseline_of_environment(const EnvironmentLock& environment, const TreePlan& plan,
                                 const ByteCodeWish& byte_code, Context& context,
                                 std::vector<std::string>& notices);

/// Writes it where `-o` or its like says. A signature beside it (FILE.minisig) that is of other
/// bytes is removed, with a note: it would only say that nobody signed this one.
/// @return the sha256 of its text
Sha256 write_baseline_file(const Baseline& baseline, const std::string& output, Console& console);

}  // namespace envlock
