#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/fetch_requests.hpp"
#include "cli/project_file.hpp"
#include "fetch/cache.hpp"
#include "fetch/trust_roles.hpp"

namespace envlock {

/// Who attested what, of one fetch.
struct AttestationReport {
  std::vector<std::string> signers;  ///< By position of the package; empty: nobody was asked for.
  std::vector<std::string> notices;  ///< Packages without, where none is required. Sorted.
};

/// Gets and judges the attestations (CEP 27) of the packages whose channel needs them in
/// envlock.yml: PACKAGE.sigs beside the package, else PACKAGE.v0.sigs. What was verified is kept in
/// the cache and judged again by the keys of the next run, so that it needs no network then.
/// @throws TrustError (6) naming every package without the proof that is required, or with a wrong
/// one; NetworkError, IoError, InputError for the keys, Interrupted
AttestationReport require_attestations(std::span<const WantedRecord> wanted,
                                       const std::optional<ProjectFile>& project,
                                       const Cache& cache, const TrustNetwork& network);

}  // namespace envlock
