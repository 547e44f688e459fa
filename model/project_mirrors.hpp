#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/error.hpp"
#include "model/url.hpp"
#include "model/yaml_reader.hpp"

namespace envlock {

/// Another place with the files of a channel, under the same names (SUBDIR/FILE).
struct MirrorRule {
  /// A URL (http, https or file; without credentials), or a path relative to envlock.yml's folder:
  /// ".", "..", "./x" or "../x".
  std::variant<Url, std::string> location;
  /// Its repodata may stand in where the channel's cannot be had. Packages need no such trust:
  /// their hashes come from the lock.
  bool serves_metadata = false;
  SourcePlace place;

  /// @param project_dir  envlock.yml's folder, absolute
  [[nodiscard]] Url url(std::string_view project_dir) const;
  [[nodiscard]] bool is_folder() const;
};

/// Reads `mirrors:` of a channel: a list of URLs or paths, or of `{url, serves}`.
/// @throws InputError with the line
std::vector<MirrorRule> read_mirrors(const YamlReader& in, const YamlEntry& entry);

/// Reads `plain_http:` of the policy: a list of http origins. @throws InputError with the line
std::vector<std::string> read_plain_http(const YamlReader& in, const YamlEntry& entry);

/// The keys of a mirror, sorted.
std::span<const std::string_view> mirror_keys() noexcept;

}  // namespace envlock
