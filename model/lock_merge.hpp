#pragma once

#include <string>
#include <vector>

#include "model/lockfile.hpp"

namespace envlock {

/// Two locks that went apart, as the question to ask again.
struct LockMerge {
  /// `inputs` is the question of both; the packages of each platform are preferences, one for each
  /// name, and as a whole no solution.
  Lockfile lock;
  /// Where both sides changed the same thing into two things, a sentence each; not empty: `lock`
  /// means nothing.
  std::vector<std::string> conflicts;
};

/// Three-way merge of what locks ask and of what they chose.
///
/// The question is taken from the locks and not from environment.yml: git calls a merge driver
/// before the merged files are in the work tree. What one side alone changed is taken from it;
/// requests are merged name by name, so that two added lines are no conflict wherever they stand.
///
/// A package that one side alone moved is preferred as that side has it. Where both moved it, the
/// higher version is, then the higher build number, the later time and the greater sha256: what
/// comes out must not depend on who merges whom.
/// @param base  null: both sides began without a lock
LockMerge merge_locks(const Lockfile* base, const Lockfile& ours, const Lockfile& theirs);

}  // namespace envlock
