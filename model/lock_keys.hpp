#pragma once

#include <array>
#include <string_view>

/// The keys of a lockfile of version 1, in the order in which they are written. The reader refuses
/// all others; docs/lockfile.schema.json says the same for other programs.
namespace envlock::lock_keys {

using Key = std::string_view;

inline constexpr std::array<Key, 9> lock{"lockfile_version", "origin",    "complete",
                                         "incomplete",       "inputs",    "inputs_sha256",
                                         "channels",         "platforms", "variables"};
inline constexpr std::array<Key, 14> inputs{
    "files",         "channels",         "spec_channels",
    "platforms",     "virtual_packages", "channel_priority",
    "exclude_newer", "strategy",         "denied",
    "owns",          "same_versions_as", "keep_records_without_timestamp",
    "pypi_indexes",  "pypi_names"};
inline constexpr std::array<Key, 2> pypi_index{"url", "packages"};
inline constexpr std::array<Key, 5> file{"path", "specs", "platform_specs", "pip", "platform_pip"};
inline constexpr std::array<Key, 5> input_channel{"name", "url", "trust", "minimum_age", "subdirs"};
inline constexpr std::array<Key, 2> exclude_newer{"asked", "cutoff"};
inline constexpr std::array<Key, 3> channel{"url", "trust", "base_urls"};
inline constexpr std::array<Key, 3> platform{"virtual_packages", "packages", "pypi"};
inline constexpr std::array<Key, 3> virtual_package{"name", "version", "build"};
inline constexpr std::array<Key, 21> package{"name",
                                             "version",
                                             "build",
                                             "build_number",
                                             "subdir",
                                             "channel",
                                             "fn",
                                             "url",
                                             "sha256",
                                             "md5",
                                             "size",
                                             "timestamp",
                                             "indexed_timestamp",
                                             "license",
                                             "depends",
                                             "constrains",
                                             "track_features",
                                             "noarch",
                                             "python_site_packages_path",
                                             "requested",
                                             "signed_by"};
inline constexpr std::array<Key, 9> pypi{
    "name", "version", "url", "path", "sha256", "size", "metadata_sha256", "requires", "requested"};

}  // namespace envlock::lock_keys
