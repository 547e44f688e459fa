#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/version_spec.hpp"

namespace envlock {

/// The parts of a record that a MatchSpec looks at, borrowed from whoever holds the record. Empty
/// text: no such field.
struct MatchFields {
  std::string_view name;
  const Version* version = nullptr;
  std::string_view build;
  std::uint64_t build_number = 0;
  std::string_view channel_url;  ///< Base URL, canonical.
  std::string_view subdir;
  std::string_view fn;
  std::string_view url;
  std::string_view md5;     ///< Lower-case hex.
  std::string_view sha256;  ///< Lower-case hex.
  std::string_view license;
  std::string_view license_family;
  std::string_view track_features;  ///< Joined by ' ', sorted.
};

// The declarations of MatchSpec are being written by the owner of this file; the public part that
// others use:
//   static MatchSpec MatchSpec::parse(std::string_view text);            throws InputError
//   const std::string& name() / bool has_exact_name()                    "numpy"; "" where it is a
//   glob or regex bool matches_name(std::string_view) const const VersionSpec& version() const
//   const std::optional<std::string>& channel() const                    as written: the caller
//   resolves it bool matches(const MatchFields&) const                               everything but
//   the channel bool looks_only_at_name_version_build() const                        the fast path
//   of the solver bool is_conditional() const                                          when=,
//   extras=, flags= (CEP 43-45) std::string to_string() const canonical (CF 4.5)

}  // namespace envlock
