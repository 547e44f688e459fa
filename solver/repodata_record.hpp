#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/package_record.hpp"

namespace envlock {

/// One record as repodata.json has it (CF 2.2), by views into the parsed JSON. Meant to be used
/// again for the next record: parse() resets it and keeps its memory.
class RepodataRecord {
 public:
  std::string_view name;  ///< Lower-case.
  std::string_view version;
  std::string_view build;
  std::string_view subdir;  ///< As the record claims.
  std::string_view license;
  std::string_view license_family;
  std::string_view python_site_packages_path;
  std::uint64_t build_number = 0;
  std::optional<std::uint64_t> size;
  std::optional<std::int64_t> timestamp_ms;
  std::optional<std::int64_t> indexed_timestamp_ms;
  std::optional<std::array<std::uint8_t, 32>> sha256;
  std::optional<std::array<std::uint8_t, 16>> md5;
  std::vector<std::string_view> depends;
  std::vector<std::string_view> constrains;
  std::vector<std::string_view> track_features;  ///< Sorted, each once.
  NoArch noarch = NoArch::none;
  bool has_v3_fields = false;  ///< `extra_depends` or `flags`, not empty (CEP 44, 45).

  /// @throws BadMember for a wrong type, a key that occurs twice, a required field that is missing,
  /// or a limit (design section 12: J02, J03, J08)
  void parse(simdjson::dom::element value);

 private:
  void reset();
  void read(std::string_view key, simdjson::dom::element value);
  void add_track_features(std::string_view text);

  std::string lower_name_;
  std::vector<std::string_view> other_keys_;
  std::uint32_t seen_ = 0;
};

/// True where `spec`, the text of a MatchSpec, has one of the bracket keys `when`, `extras`,
/// `flags` (CEP 43-45).
bool has_conditional_key(std::string_view spec) noexcept;

/// The `.conda` or `.tar.bz2` at the end of a key of `packages` that may become the last part of a
/// URL and a file's name; empty for any other key (J06).
std::string_view package_extension(std::string_view file_name) noexcept;

}  // namespace envlock
