#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/finding.hpp"

namespace envlock {

/// How a pack differs on purpose from what its packages hold, by the prefix's own manifest.
struct PackedChoice {
  std::vector<std::string> included;  ///< Paths that no package brought, sorted.
  std::vector<std::string> left_out;  ///< Paths of packages that are not in it, sorted.
  std::vector<std::string> thinned;   ///< The packages that those are of ("name version build").
  /// Its bin/envlock-env is not the one that the running envlock carries.
  bool has_other_program = false;
};

/// What the next steps of a report name.
struct AdvicePlaces {
  std::string prefix;         ///< Absolute.
  std::string lock;           ///< Its file, absolute; empty: not known.
  std::string against;        ///< "the lock", "the baseline", ...: what the prefix is held against.
  bool was_unpacked = false;  ///< It came out of a pack: `envlock install` is no way for it.
  /// Nothing but the prefix's own bin/envlock-env is there to do something.
  bool without_envlock = false;
  PackedChoice choice = {};
  /// A .pub file, absolute, or its line: by it the pack must be signed that comes in the prefix's
  /// place. Empty: none was asked for.
  std::string key = {};
};

/// A rule's advice for no finding in particular: LOCK, PREFIX, PATH and FINDING-ID are left for the
/// reader to fill in.
std::string general_advice(const Rule& rule);

/// Turns the advice of each finding into what can be pasted: "{prefix}", "{path}" (absolute),
/// "{paths}", "{word}", "{lock}", "{id}" and "{against}" become what they are, as words of a shell.
/// What is put in is never read as a template. Where the prefix is
/// another environment, only the finding that says so has a next step: what the others differ from
/// is not what this environment should be.
void advise(std::vector<Finding>& findings, const AdvicePlaces& places);

}  // namespace envlock
