#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/package_record.hpp"
#include "model/platform.hpp"

// The lock files of other tools: explicit lists (CEP 23), conda-lock.yml v1 (CEP 37), pixi.lock v4
// to v7. One value type for all; docs/import.md says what is read of each.

namespace envlock {

enum class ForeignFormat : std::uint8_t { explicit_list, conda_lock, pixi };

/// "an explicit list", "conda-lock.yml", "pixi.lock": for messages.
std::string_view describe(ForeignFormat format) noexcept;

/// A conda package of such a lock. Text is as the document has it; what the document lacks but its
/// URL says (name, version, build, build number, subdir, channel, file name) comes from there.
struct ForeignPackage {
  /// `url` is canonical where it is an http, https or file URL, else as written ("s3://...", a path
  /// that counts from the lock). `channel_url` is empty where the URL does not say it. `noarch` is
  /// known to pixi.lock only.
  PackageRecord record;
  std::size_t line = 0;                 ///< Where its entry starts.
  bool credentials_left_out = false;    ///< The URL has a place for a variable with credentials.
  std::vector<std::string> categories;  ///< Of conda-lock.yml, sorted: "main", "dev".
  std::vector<std::string> purls;       ///< What it is called elsewhere ("pkg:pypi/numpy").
  friend bool operator==(const ForeignPackage&, const ForeignPackage&) = default;
};

/// A PyPI package of such a lock.
struct ForeignPypi {
  std::string name, version;  ///< The version is empty for a local project of a pixi.lock v7.
  std::string location;       ///< URL or path, as written.
  std::optional<Sha256> sha256;
  std::optional<Md5> md5;
  std::vector<std::string> requires_dist;
  std::string requires_python;
  bool editable = false;
  std::size_t line = 0;
  std::vector<std::string> categories;
  friend bool operator==(const ForeignPypi&, const ForeignPypi&) = default;
};

/// A package that pixi builds from its source: there is no archive to compare or to install.
struct ForeignSource {
  std::string name;      ///< Empty where the document does not say it.
  std::string location;  ///< A path or a URL, as written.
  std::size_t line = 0;
  friend bool operator==(const ForeignSource&, const ForeignSource&) = default;
};

/// One platform of an environment: places in the lists of the lock, in document order.
struct ForeignPlatform {
  std::string name;  ///< The subdir; pixi.lock v7 may call it otherwise.
  /// Nothing only for an explicit list of noarch packages that does not say its platform.
  std::optional<Platform> platform;
  std::vector<std::string> virtual_packages;  ///< Specs, as written; pixi.lock v7 only.
  std::vector<std::size_t> packages, pypi, sources;
  friend bool operator==(const ForeignPlatform&, const ForeignPlatform&) = default;
};

struct ForeignEnvironment {
  std::string name;                   ///< "default" where the format knows one only.
  std::vector<std::string> channels;  ///< In priority order: URLs without credentials, or names.
  std::vector<std::string> indexes;   ///< PyPI indexes, without credentials.
  std::string channel_priority;       ///< "strict", "flexible", "disabled", or empty: not said.
  std::string exclude_newer;          ///< As written, or empty.
  std::vector<ForeignPlatform> platforms;  ///< Sorted by name.
  friend bool operator==(const ForeignEnvironment&, const ForeignEnvironment&) = default;
};

struct ForeignLock {
  ForeignFormat format = ForeignFormat::explicit_list;
  unsigned version = 1;  ///< Of the format; 1 for explicit lists.
  std::vector<ForeignPackage> packages;
  std::vector<ForeignPypi> pypi;
  std::vector<ForeignSource> sources;
  std::vector<ForeignEnvironment> environments;  ///< Sorted by name; never empty.
  /// Packages that an explicit list names without a URL ("# no URL for: FILE"), or as "# pip LINE"
  /// that is no wheel with its SHA-256.
  std::vector<std::string> without_url;
  /// Keys of pixi.lock's packages that envlock does not know, sorted: its own reader skips them.
  std::vector<std::string> unread_keys;

  [[nodiscard]] const ForeignEnvironment* find(std::string_view environment) const;
  friend bool operator==(const ForeignLock&, const ForeignLock&) = default;
};

/// What `text` is, by its first telling line; nothing where it is none of these. Cheap: reads lines
/// that start in the first column, and judges nothing.
std::optional<ForeignFormat> foreign_format_of(std::string_view text);

/// Reads such a lock, at most 64 MiB. Strict: what the formats do not know, contradicts itself
/// (L02), or holds credentials (L01) is refused. Variables are never expanded (Y07).
/// @param file  only names the text in messages
/// @throws InputError (exit 3) naming file, line, expected and found; also for versions that
///         envlock does not know
ForeignLock read_foreign_lock(std::string_view text, const std::string& file);

/// What the URL of a package says of it, by the rules by which pixi.lock leaves fields out: name,
/// version, build, build number, subdir, kind of noarch, channel and file name. Nothing where `url`
/// is not that of a package in a known subdir.
std::optional<PackageRecord> record_of_url(const std::string& url);

ForeignLock read_explicit_list(std::string_view text, const std::string& file);
ForeignLock read_conda_lock(std::string_view text, const std::string& file);
ForeignLock read_pixi_lock(std::string_view text, const std::string& file);

}  // namespace envlock
