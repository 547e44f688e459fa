#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"

namespace envlock {

enum class NoArch : std::uint8_t { none, generic, python };

/// "generic" or "python"; empty for none.
std::string_view to_string(NoArch noarch) noexcept;

/// What a channel says about one package file (CF 2.2). Text is as spelt by the channel.
struct PackageRecord {
  std::string name;
  std::string version;
  std::string build;
  std::uint64_t build_number = 0;
  std::string
      subdir;  ///< The channel's folder, not what the record claims (design section 12, J06).
  std::string channel_url;  ///< Base URL of the channel, canonical, no credentials.
  std::string fn;
  std::string url;  ///< No credentials.
  std::optional<Sha256> sha256;
  std::optional<Md5> md5;
  std::optional<std::uint64_t> size;
  std::optional<std::int64_t>
      timestamp_ms;  ///< Made by the builder; seconds in old data are converted.
  std::optional<std::int64_t> indexed_timestamp_ms;  ///< Set by the channel's server (CEP 47).
  std::string license;
  std::string license_family;
  std::vector<std::string> depends;
  std::vector<std::string> constrains;
  std::vector<std::string> track_features;
  NoArch noarch = NoArch::none;
  std::string python_site_packages_path;  ///< CEP 17; only on python.
  friend bool operator==(const PackageRecord&, const PackageRecord&) = default;
};

/// The subdir of the record that stands for a wheel: conda's own word, and no platform's.
inline constexpr std::string_view pypi_subdir = "pypi";
/// What stands for the build of a wheel; conda's own word, too.
inline constexpr std::string_view pypi_build = "pypi_0";
/// Whether it stands for a wheel of a `pip:` list.
inline bool is_wheel(const PackageRecord& record) noexcept { return record.subdir == pypi_subdir; }
/// "pypi:rich" of a wheel, else the name: a wheel and a conda package may have one name.
std::string distinct_name(const PackageRecord& record);

/// A package file name taken apart from the right (CF 1.1); percent-decoded first.
struct FileNameParts {
  std::string name, version, build, extension;  ///< extension: "conda" or "tar.bz2".
};
/// Nothing where `file_name` holds a slash, has another extension, or fewer than two dashes.
std::optional<FileNameParts> split_file_name(std::string_view file_name);

}  // namespace envlock
