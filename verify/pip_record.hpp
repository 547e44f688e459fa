#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"

namespace envlock {

/// One line of RECORD of an installed Python distribution (PEP 376, PEP 627).
struct PipFile {
  std::string path;              ///< In the prefix.
  std::optional<Sha256> sha256;  ///< Nothing: not given.
  std::optional<std::uint64_t> size_bytes;
  friend bool operator==(const PipFile&, const PipFile&) = default;
};

struct PipRecord {
  std::vector<PipFile> files;       ///< Sorted by path, each once.
  std::vector<std::string> faults;  ///< Lines that cannot be believed: out of the prefix, no CSV.
};

inline constexpr std::size_t max_pip_record_bytes = std::size_t{64} << 20U;

/// Reads RECORD, which is CSV. What is wrong in it is told, never thrown: whoever wrote it wrote
/// the files, too.
/// @param folder  where its relative paths count from: "lib/python3.11/site-packages"
PipRecord parse_pip_record(std::string_view text, std::string_view folder);

/// A name by which Python projects are compared: lower case, runs of '-', '_' and '.' as one '-'
/// (PEP 503).
std::string normalised_project(std::string_view name);

/// "name" and "version" of "Name-1.2.dist-info"; nothing for another name.
struct DistInfoName {
  std::string_view name, version;
};
std::optional<DistInfoName> parse_dist_info_name(std::string_view folder_name) noexcept;

/// The fields Name and Version of METADATA (core metadata: header lines up to the first empty one).
/// Each is empty where it is not there, is longer than 200 bytes or has control characters.
DistInfoName parse_dist_metadata(std::string_view text) noexcept;

}  // namespace envlock
