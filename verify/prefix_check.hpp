#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/baseline.hpp"
#include "model/open_beneath.hpp"
#include "verify/finding.hpp"
#include "verify/permission_check.hpp"
#include "verify/unowned_file.hpp"

namespace envlock {

struct VerifyRequest {
  std::string prefix;  ///< A folder; links in its path are followed.
  /// What the baseline was read from or made of, in a word: "lock", "baseline", "manifest", ...
  std::string against = "baseline";
  std::string lock = {};  ///< The lock's file, for the next steps; empty: not known.
  /// What it is held against comes from outside of the prefix, or is signed: programs that are as
  /// it says may be recommended.
  bool is_from_outside = false;
  /// Next steps are for a host that has the prefix's own bin/envlock-env alone, which runs now.
  bool without_envlock = false;
  /// The key that the prefix's manifest was checked by, for the next steps: a .pub file or its
  /// line; empty: none.
  std::string key = {};
  std::size_t threads = 1;
  std::stop_token stop = {};
  /// Say of every finding what an acceptance would bind to, also where that takes reading large
  /// files; else of those up to 64 MiB.
  bool hash_all_evidence = false;
  bool list_unowned = false;  ///< Fill in VerifyResult::unowned.
  /// Of the bin/envlock-env that this envlock puts into packs; nothing: not known.
  std::optional<Sha256> packed_program = {};
  /// Of the link scripts that may run, by the policy; nothing: not known.
  std::optional<std::vector<Sha256>> allowed_scripts = {};
  PrivateGroupTest is_private_group = envlock::is_private_group;
  BeneathMethod method = BeneathMethod::automatic;
};

struct VerifyResult {
  std::vector<Finding> findings;  ///< As `sort_findings` sorts.
  /// What findings tell that no package brought, file by file, sorted by path; a path that two
  /// findings tell is there twice. Byte code is not in it. Where the request asks for it.
  std::vector<UnownedFile> unowned;
  std::uint64_t files_checked = 0;  ///< Paths of packages that were there and held against it.
  std::uint64_t bytes_hashed = 0;
  std::uint64_t packages = 0;
  std::map<std::string, std::uint64_t> skipped;     ///< What was not looked at, by reason.
  std::map<std::string, std::uint64_t> tolerated;   ///< What tools make on the spot, by family.
  std::map<std::string, std::uint64_t> not_proved;  ///< What only a weaker check holds of.
  /// The first paths that the two count, by the same keys, where they are paths.
  std::map<std::string, std::vector<std::string>> named;
  std::uint64_t audit_checks = 0;    ///< Places that the audit looked at; 0: no audit.
  std::uint64_t audit_findings = 0;  ///< Among the findings, once policy is applied.
};

/// Judges a prefix: each file is read once, beneath an open folder, never through a link, and
/// nothing in it is executed. What differs is a finding; failures to look are findings, too.
/// @throws IoError where the prefix itself cannot be opened, Interrupted
VerifyResult verify_prefix(const VerifyRequest& request, const Baseline& baseline);

/// The same against what the prefix says of itself, which is no proof.
VerifyResult verify_prefix_by_itself(const VerifyRequest& request);

}  // namespace envlock
