#pragma once

#include "model/match_spec.hpp"
#include "model/package_record.hpp"

namespace envlock {

/// MatchSpec::matches over a whole record: everything but the channel, which the caller resolves,
/// and the conditions of CEP 43-45.
/// @param version  record.version, parsed
bool record_matches(const MatchSpec& spec, const PackageRecord& record, const Version& version);

}  // namespace envlock
