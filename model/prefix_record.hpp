#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/package_info.hpp"
#include "model/package_record.hpp"

namespace envlock {

/// One path of an installed package, as conda-meta tells it (CF 8.9).
struct PrefixPath {
  enum class Kind : std::uint8_t { file, link, directory, pyc, entry_point, other };
  std::string path;  ///< In the prefix.
  Kind kind = Kind::file;
  std::optional<Sha256> sha256;             ///< As packaged.
  std::optional<Sha256> sha256_in_prefix;   ///< As installed.
  std::optional<std::uint64_t> size_bytes;  ///< As packaged.
  std::string placeholder;                  ///< Empty: none.
  PlaceholderMode placeholder_mode = PlaceholderMode::text;
  friend bool operator==(const PrefixPath&, const PrefixPath&) = default;
};

/// conda-meta/NAME-VERSION-BUILD.json.
struct PrefixRecord {
  PackageRecord record;
  std::vector<std::string> requested_specs;  ///< Empty for what came as a dependency.
  std::vector<PrefixPath> paths;
  friend bool operator==(const PrefixRecord&, const PrefixRecord&) = default;
};

/// "NAME-VERSION-BUILD.json", the name in lower case; of wheels with ".wheel": conda and its like
/// read every .json of conda-meta/ as a package of theirs, and find wheels by their .dist-info.
std::string prefix_record_file_name(const PackageRecord& record);
/// Whether a file of conda-meta/ is to be a record, by its name.
inline bool is_prefix_record_name(std::string_view name) noexcept {
  return name.ends_with(".json") || name.ends_with(".wheel");
}

/// The document that conda, micromamba and pixi read as theirs; same record, same bytes. Neither a
/// path of this machine nor a time is in it: `link.source` and the cache's paths are left out or
/// empty where readers allow it.
std::string write_prefix_record(const PrefixRecord& record);

/// Reads a record, whoever wrote it (CF 8.9 lists how tools differ); unknown keys are ignored,
/// paths are judged by `package_path_fault`.
/// @return nothing for a JSON object that is no package record (no name, version or build)
/// @throws InputError (3) naming the line
std::optional<PrefixRecord> read_prefix_record(std::string_view json, const std::string& file);

/// Gets the paths of a record one by one.
/// @param record  with all but its paths
/// @param is_listed_only  from the list `files`, which names most of `paths_data` again
/// @return false where paths_data told it before: then the record is refused
using PrefixPathSink =
    std::function<bool(const PrefixRecord& record, PrefixPath path, bool is_listed_only)>;

/// The same, for a record whose paths are too many to be held: they go to `sink`, all of paths_data
/// before all of `files`.
/// @param batch_bytes  a list with a longer text is parsed in parts of about so many bytes
std::optional<PrefixRecord> read_prefix_record(std::string_view json, const std::string& file,
                                               const PrefixPathSink& sink,
                                               std::size_t batch_bytes = std::size_t{256} << 10U);

}  // namespace envlock
