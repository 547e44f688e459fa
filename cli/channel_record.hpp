#pragma once

#include <optional>
#include <string>

#include "solver/solve.hpp"

namespace envlock {

/// A channel's record with its URL, and what its signatures prove.
struct ChannelRecord {
  PackageRecord record;
  std::optional<SignatureVerdict> signatures;
};

/// The record of the folder and file name of `wanted`.
std::optional<ChannelRecord> find_record(const SolverChannel& channel, const PackageRecord& wanted);

/// The record of the name, folder and SHA-256, else MD5, of `wanted`, whatever its file is called.
std::optional<ChannelRecord> find_record_by_digest(const SolverChannel& channel,
                                                   const PackageRecord& wanted);

/// Why a channel's policy refuses a record; empty where it does not.
std::string signature_fault(SignaturePolicy policy,
                            const std::optional<SignatureVerdict>& signatures);

}  // namespace envlock
