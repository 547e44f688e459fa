#pragma once

#include <map>
#include <string>

#include "model/baseline.hpp"
#include "pack/assemble.hpp"

namespace envlock {

/// What cannot be read from the packages.
struct BaselineFacts {
  Platform platform;
  Sha256 lock_sha256;
  std::map<std::string, std::string> variables;
};

/// The baseline of a plan, all of which was assembled.
Baseline baseline_of(const TreePlan& plan, const Assembly& assembly, const BaselineFacts& facts);

/// Reads every package for it, and writes nothing.
/// @param notices  gets Assembly::notices
/// @throws what assemble throws
Baseline make_baseline(const TreePlan& plan, const BaselineFacts& facts, std::size_t threads,
                       const std::stop_token& stop, std::vector<std::string>& notices);

}  // namespace envlock
