#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/package_record.hpp"

// What a package says of itself in info/ (CF 7.4 to 7.6), and the rules that every path in it must
// keep. Bytes in, values out.

namespace envlock {

/// How a placeholder is replaced (CF 8.2, 8.3).
enum class PlaceholderMode : std::uint8_t { text, binary };

std::string_view to_string(PlaceholderMode mode) noexcept;

enum class PathType : std::uint8_t { file, link, directory };

/// One entry of info/paths.json, or what stands for it in an old package: there `type` is always
/// `file`, also of links and folders, and only the archive knows better.
struct PackagePath {
  std::string path;  ///< In the archive; checked by `package_path_fault`.
  PathType type = PathType::file;
  /// Of files; nothing in packages without paths.json, and never for links (CF 7.5: unusable).
  std::optional<Sha256> sha256;
  std::optional<std::uint64_t> size_bytes;
  std::string placeholder;  ///< Of files; empty: none.
  PlaceholderMode placeholder_mode = PlaceholderMode::text;
  friend bool operator==(const PackagePath&, const PackagePath&) = default;
};

/// `command = module:function` of info/link.json, each part judged by CF 8.4.
struct EntryPoint {
  std::string command, module, function;
  friend bool operator==(const EntryPoint&, const EntryPoint&) = default;
};

/// info/index.json, as far as an installer must hold it against the lock.
struct PackageIndex {
  std::string name, version, build;
  std::uint64_t build_number = 0;
  std::string subdir;
  NoArch noarch = NoArch::none;
  std::string python_site_packages_path;
};

struct PackageInfo {
  PackageIndex index;
  std::vector<PackagePath> paths;        ///< Sorted by path, each once.
  std::vector<EntryPoint> entry_points;  ///< In the order of link.json.
};

/// The texts of a package's info/ that are read; nothing where the file is absent.
struct PackageInfoFiles {
  std::optional<std::string> index_json, paths_json, link_json, files, has_prefix, no_link;
};

/// Judges and combines them: paths.json wins over files and has_prefix (CF 7.5).
/// @param package  names the package in messages
/// @throws TrustError (6) for everything that is missing, malformed or over a limit: the bytes are
///         those of the lock, so this is no slip of the user's
PackageInfo read_package_info(const PackageInfoFiles& files, const std::string& package);

/// Why no package may have a file of this path; nothing where it may. The rules are A01 to A03, A20
/// to A22 of the hostile-input catalogue: relative, '/' only, no empty, "." or ".." part, no
/// control or bidi character, valid UTF-8, a part up to 255 and all up to 4096 bytes, nothing below
/// conda-meta/.
std::optional<std::string> package_path_fault(std::string_view path);

/// Why a symbolic link at `path` may not point at `target`: absolute, out of the prefix, or text
/// that no path may have (A06); also a ".." behind a name, which leads elsewhere where that name is
/// a link itself. So no chain of links that each pass leaves the prefix. Dangling is fine (A07).
std::optional<std::string> link_target_fault(std::string_view path, std::string_view target);

/// Why the record of the lock and the package's own index.json are not the same package (A28):
/// name, version, build, build number, noarch; the subdir unless one of both is noarch, or the
/// package of a time before subdirs.
std::optional<std::string> identity_fault(const PackageRecord& record, const PackageIndex& index);

}  // namespace envlock
