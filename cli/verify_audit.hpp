#pragma once

#include <span>
#include <string>

#include "model/baseline.hpp"
#include "verify/prefix_check.hpp"

namespace envlock {

/// The rules of everything that `verify` can find, by id.
std::span<const Rule> rules_with_audit();

/// Adds what the host does with `prefix` to a result.
/// @param baseline  of the prefix; may be null: then no file counts as a package's
void add_audit(VerifyResult& result, const std::string& prefix, const Baseline* baseline);

}  // namespace envlock
