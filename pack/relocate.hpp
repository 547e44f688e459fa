#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/baseline.hpp"

namespace envlock {

struct RelocateRequest {
  std::string prefix;  ///< Where it lies now: absolute, without links or trailing slash.
  /// Hold every file against the manifest, not only those that name the prefix.
  bool check_all = false;
  bool byte_code = false;  ///< Compile all byte code, not only what relocation made stale.
  std::size_t threads = 1;
  /// True where a group has no member but the owner: then it may write the prefix, as `verify`
  /// judges. Empty: no group may.
  std::function<bool(uid_t owner, gid_t group)> is_private_group = {};
};

struct RelocateResult {
  std::string old_prefix;                  ///< Empty: it was as packaged.
  std::size_t rewritten = 0;               ///< Files.
  std::vector<std::string> stale_scripts;  ///< As `stale_scripts` (pack/stale_scripts.hpp).
  std::vector<std::string> notices;
};

/// Makes an environment that was moved, or extracted by a plain tar, be at home where it lies:
/// every file that names its prefix is turned back into the packaged one, checked, and written anew
/// beside itself. Nothing is written before all are checked; a run that was killed is completed by
/// the next, because what is relocated already is known as such. It can be moved as often as
/// wanted.
/// @throws TrustError (6) where a file is not what the manifest says, or the prefix is not the
///         user's alone; Error (8) where the prefix is
///         too long or busy; IoError; Interrupted
RelocateResult relocate(const Baseline& manifest, const RelocateRequest& request,
                        const std::stop_token& stop);

}  // namespace envlock
