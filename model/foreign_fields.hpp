#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/foreign_lock.hpp"
#include "model/yaml.hpp"
#include "model/yaml_reader.hpp"

// What the readers of other tools' locks have in common. Private to model/.

namespace envlock {

/// 64 MiB, and a bound on what they become in memory.
YamlLimits foreign_yaml_limits();

/// Of all platforms and environments; real locks have a few thousand. Each takes about a kilobyte.
/// @throws InputError where there is no room for another one
void require_room(std::size_t packages, const SourcePlace& place);

/// A URL or path of such a document: canonical where it is an http, https or file URL, else as
/// written. Variables in the place of credentials are left out with their place.
/// @param left_out  set where that happened
/// @throws InputError for credentials, control characters, and variables elsewhere
std::string foreign_url(std::string_view text, const SourcePlace& place, const std::string& what,
                        bool* left_out = nullptr);

/// Where a PyPI package lies: a URL or path as written, variables left out as above.
/// @throws InputError for credentials
std::string foreign_location(const std::string& text, const SourcePlace& place);

/// Fills the fields of `record` that are still empty from its `url`.
/// @throws InputError where a name, version, build or file name is known from neither
void fill_from_url(PackageRecord& record, const SourcePlace& place);

/// The known subdir that the file of `url` lies in; empty where it lies in another folder.
std::string_view subdir_in_url(std::string_view url) noexcept;

/// The digits at the end of a build string; 0 where there are none.
std::uint64_t build_number_of(std::string_view build) noexcept;

/// The kind of noarch that pixi.lock leaves out: by subdir and build.
NoArch derived_noarch(const PackageRecord& record) noexcept;

/// Refuses a conda package name that CEP 26 does not know, and a version that cannot be read.
void require_sound(const PackageRecord& record, const SourcePlace& place);

Sha256 read_sha256(const YamlReader& reader, const YamlNode& node);
Md5 read_md5(const YamlReader& reader, const YamlNode& node);
std::uint64_t read_count(const YamlReader& reader, const YamlNode& node, const std::string& what);
std::vector<std::string> read_texts(const YamlReader& reader, const YamlNode& node,
                                    const std::string& what);
/// @throws InputError unless it has the form of a subdir other than noarch
Platform read_platform(const YamlReader& reader, const YamlNode& node, const std::string& what);

/// @throws InputError for a package of another platform than the list that it stands in
void require_platform(const ForeignPackage& package, const Platform& platform,
                      const SourcePlace& place);

/// "bzip2 1.0.8 h4bc722e_7"
std::string label_of(const PackageRecord& record);

}  // namespace envlock
