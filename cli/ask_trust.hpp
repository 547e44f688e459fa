#pragma once

#include <optional>
#include <vector>

#include "cli/project_file.hpp"
#include "cli/solve_ask.hpp"

namespace envlock {

/// Gives each asked channel what envlock.yml demands of its publishers (AskedChannel::trust,
/// newest), found by URL.
/// @param now  what ages are counted from
/// @throws InputError with the channel's line, TrustError for demands that are not enforced
void add_trust(std::vector<AskedChannel>& channels, const std::optional<ProjectFile>& project,
               Instant now);

/// The text that a lock holds for the rule: "sha256", "signatures=require",
/// "signatures=if-present".
std::string trust_for_lock(const TrustRule& rule);

/// What is wrong with the time of a record of a channel with a `minimum_age`; nothing where it is
/// old enough. The channel's own time counts before the builder's.
/// @param newest  records after this moment are too young
std::optional<std::string> age_fault(const PackageRecord& record, Instant newest,
                                     bool keep_without_timestamp);

}  // namespace envlock
