#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/yaml_reader.hpp"

namespace envlock {

/// Whose file stands at a path that several packages bring with other content.
struct ClobberRule {
  std::string path;  ///< In the prefix; '*' stands for any text.
  std::string keep;  ///< The package's name; "envlock" for what the installer makes itself.
  SourcePlace place;
};

/// Reads `policy: clobbers:`. @throws InputError with the line
std::vector<ClobberRule> read_clobbers(const YamlReader& in, const YamlEntry& entry);

/// The keys of "clobber", sorted.
std::span<const std::string_view> clobber_keys() noexcept;

/// The line of envlock.yml that keeps the file of `keep`: `- {path: "bin/x", keep: a}`.
std::string clobber_line(std::string_view path, std::string_view keep);

}  // namespace envlock
