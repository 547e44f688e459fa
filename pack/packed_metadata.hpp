#pragma once

#include <string>
#include <vector>

#include "pack/byte_code.hpp"
#include "pack/tree_sink.hpp"
#include "pack/unpack_tree.hpp"

// What an unpacked environment says of itself, from what its pack said.

namespace envlock {

/// "3.11" by where python keeps modules; empty without python.
std::string python_of(const Baseline& manifest);

/// As `byte_code_jobs` of a plan. Packages are indexes into the manifest's.
std::vector<ByteCodeJob> byte_code_jobs(const Baseline& manifest);

/// As `fit_sources_to_byte_code` of a plan, for all packages.
void fit_sources_to_byte_code(const UniqueFd& tree, const Baseline& manifest);

/// Which byte code is there after the jobs; sorted.
std::vector<std::string> made_byte_code(const UniqueFd& tree, const std::string& python,
                                        const std::vector<ByteCodeJob>& jobs);

/// conda-meta/: records that tell of the files as they are here, history, state, manifest and its
/// signature, and last of all the lock.
/// @param byte_code  sorted
/// @throws TrustError (6) for a record that cannot be read
void put_packed_metadata(TreeSink& sink, const PackHead& head, UnpackTree& tree,
                         const std::vector<std::string>& byte_code);

}  // namespace envlock
