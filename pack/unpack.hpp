#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "pack/pack_head.hpp"
#include "pack/prefix_access.hpp"

namespace envlock {

struct UnpackRequest {
  std::string pack;    ///< A file, or "-" for standard input.
  std::string prefix;  ///< Absolute, without links or trailing slash: placeholders become this.
  /// Nothing: as the environment that is replaced, else 0700.
  std::optional<PrefixAccess> access;
  bool byte_code = true;
  /// What stands in the prefix is kept beside it (`previous_path`), and the new one takes its
  /// place.
  bool replace = false;
  std::size_t threads = 1;
  /// Judges the pack and the host before a byte is written: signature, preflight. Throws where it
  /// says no. @param is_there  the prefix holds what this pack brought already
  std::function<void(const PackHead&, bool is_there)> judge = {};
  /// Called after it where an environment is there and will be replaced: it can be looked at, and
  /// is locked. @param drops_previous  one that was kept before will be removed
  std::function<void(const PackHead&, bool drops_previous)> replacing = {};
};

struct UnpackResult {
  Sha256 manifest_sha256;
  /// This pack was brought there before, and `replace` was not asked for: nothing was done. Whether
  /// the files are still what they were was not looked at.
  bool was_there = false;
  std::size_t packages = 0, files = 0;
  std::string previous;  ///< Where the environment is that was replaced; empty: none was.
  std::vector<std::string> notices;
};

/// A line for `was_there`.
std::string told_was_there(const UnpackResult& result, const std::string& prefix);

/// ".NAME.envlock-previous" beside a prefix.
std::string previous_path(const std::string& prefix);

/// Brings a pack into a prefix: each file is checked against the manifest and relocated while it is
/// written, beside the prefix, which appears by one rename when all is there. A run that was killed
/// leaves the prefix as it was; the next one starts anew. Where the same pack was brought to the
/// prefix before, nothing is done, and the rest of the pack is not looked at.
/// @throws TrustError (6) for a pack that is damaged or was changed; Error (8) where the prefix has
///         something in it, or its path is too long; IoError; Interrupted
UnpackResult unpack(const UnpackRequest& request, const std::stop_token& stop);

/// Swaps the environment in a prefix and the one that it replaced.
/// @throws Error (8) where there is none
void roll_back(const std::string& prefix);

/// The longest prefix, in bytes, that the binaries have room for; nothing where none has a limit.
std::optional<std::size_t> longest_prefix(const Baseline& manifest);

}  // namespace envlock
