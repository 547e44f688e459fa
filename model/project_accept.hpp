#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/error.hpp"
#include "model/time.hpp"
#include "model/yaml_reader.hpp"

namespace envlock {

/// An exception from what `verify` finds: one finding, the bytes that were looked at, and an end.
struct Acceptance {
  std::string finding;  ///< Its id: "EL231-0123456789ab".
  Sha256 sha256;        ///< Of what was accepted, as the report gives it.
  std::string reason;
  std::string until;  ///< As written.
  Instant end;        ///< It counts before this moment.
  SourcePlace place;
};

/// How much a kind of finding matters in a project.
struct SeverityRule {
  std::string rule;   ///< An id ("EL250") or name ("extra-file"); `verify` knows which exist.
  std::string level;  ///< "error", "warning", "note" or "ignore".
  SourcePlace place;
};

/// What `policy:` of envlock.yml says to `verify`.
struct VerifyPolicy {
  std::vector<SeverityRule> severities;
  std::vector<Acceptance> accepted;
};

/// Reads `severities:` or `accept:` of a policy into `policy`.
/// @return false where the key is none of them
/// @throws InputError with the line
bool read_verify_policy(const YamlReader& in, const YamlEntry& entry, VerifyPolicy& policy);

/// "EL" and digits, a dash, 12 lower-case hex digits.
bool is_finding_id(std::string_view text) noexcept;

/// The keys of "acceptance", sorted.
std::span<const std::string_view> accept_keys(std::string_view section) noexcept;

}  // namespace envlock
