#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/trust_metadata.hpp"

namespace envlock {

/// Limits of what is judged of one package.
inline constexpr std::size_t max_signed_record_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t max_record_signatures_bytes = std::size_t{64} << 10U;

/// Judges the signatures of package records under one rule (a key manager's `pkg_mgr`). Costs about
/// one Ed25519 check for each authorised key that signed. May be used by many threads at once.
class RecordVerifier {
 public:
  struct Verdict {
    bool enough = false;
    std::vector<std::string> signers;  ///< Keys (hex) whose signature is good, sorted.
    std::string reason;                ///< "1 of 1 needed signature is good", or what is wrong.
  };

  explicit RecordVerifier(KeyRule rule);

  /// @param record      the record's JSON object as it stands in the repodata
  /// @param signatures  the repodata's `signatures[FILE NAME]` likewise; empty where there is none
  /// Never throws for what is malformed: that is a verdict.
  [[nodiscard]] Verdict judge(std::string_view record, std::string_view signatures) const;

  /// Names the keys and the threshold (64 hex digits), for cache keys: what was judged under an
  /// equal one need not be judged again.
  [[nodiscard]] const std::string& fingerprint() const noexcept { return fingerprint_; }
  [[nodiscard]] const KeyRule& rule() const noexcept { return rule_; }

 private:
  KeyRule rule_;
  std::string fingerprint_;
};

/// What is wrong with a signed record that stands under `file_name` in the folder `subdir`: its
/// signature does not cover the name, so name, version, build and subdir must say the same, and it
/// must have a sha256 (64 lower-case hex digits) for the package's bytes. For channels whose
/// signatures are required (design 12, J06).
/// @param subdir  empty where it is not known: not compared
/// @return nothing where all is well
[[nodiscard]] std::optional<std::string> signed_record_fault(std::string_view file_name,
                                                             std::string_view subdir,
                                                             std::string_view record);

}  // namespace envlock
