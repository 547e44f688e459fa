#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/package_info.hpp"
#include "model/platform.hpp"
#include "model/relocation.hpp"

namespace envlock {

/// What a file is for, where that matters to who verifies (design section 9).
enum class FileRole : std::uint8_t {
  plain,
  entry_point,     ///< Made by the installer from link.json: no byte of it is in the package.
  link_script,     ///< bin/.NAME-post-link.sh and the like.
  activation,      ///< etc/conda/activate.d, deactivate.d, env_vars.d.
  startup,         ///< Python runs it at every start: *.pth, sitecustomize.py, usercustomize.py.
  byte_code,       ///< Made by the installer's python from a source; python makes it anew.
  script_product,  ///< An allowed link script made or wrote it; as it was at that prefix.
};
std::string_view to_string(FileRole role) noexcept;

/// What one path of an environment must be. Content is described as packaged, so that it holds at
/// any prefix.
struct BaselineFile {
  static constexpr std::size_t own = std::numeric_limits<std::size_t>::max();
  std::string path;  ///< In the prefix.
  /// Index into Baseline::packages; `own` for what the installer adds (activation scripts).
  std::size_t package = 0;
  PathType type = PathType::file;
  bool executable = false;       ///< Mode 0755, else 0644.
  std::uint64_t size_bytes = 0;  ///< As packaged; of files only.
  Sha256 sha256;                 ///< As packaged; of files only.
  std::string target;            ///< Of links only.
  std::optional<PlaceholderUse> placeholder;
  FileRole role = FileRole::plain;
  friend bool operator==(const BaselineFile&, const BaselineFile&) = default;
};

struct BaselinePackage {
  /// `name` by `distinct_name`: "pypi:rich" of a wheel, whose subdir is "pypi".
  std::string name, version, build, subdir, channel, fn;
  Sha256 sha256;  ///< Of the archive.
  friend bool operator==(const BaselinePackage&, const BaselinePackage&) = default;
};

/// What every file of an environment must be. docs/baseline.md is the specification of its text.
struct Baseline {
  static constexpr int current_version = 1;
  Platform platform;
  Sha256 lock_sha256;  ///< Of the lockfile's bytes that it was made from.
  /// Where python keeps modules ("lib/python3.11/site-packages"); empty without python.
  std::string site_packages;
  std::vector<BaselinePackage> packages;  ///< Sorted by (name, version, build).
  std::vector<BaselineFile> files;        ///< Sorted by path, each once.
  std::map<std::string, std::string> variables;
  friend bool operator==(const Baseline&, const Baseline&) = default;
};

/// The file of a path; null where there is none.
const BaselineFile* find_file(const Baseline& baseline, std::string_view path) noexcept;

/// The role that a path has by its name alone.
FileRole role_of(std::string_view path) noexcept;

/// The text of a baseline: JSON, sorted, one file a line, trailing newline; same baseline, same
/// bytes.
std::string write_baseline(const Baseline& baseline);

/// Reads and judges it: strict JSON, unknown keys, paths and link targets (as in packages), order,
/// duplicates, indexes, offsets.
/// @throws InputError (3) naming the line
Baseline read_baseline(std::string_view json, const std::string& file);

}  // namespace envlock
