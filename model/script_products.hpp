#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/package_info.hpp"

namespace envlock {

/// Where `install` writes down what link scripts made: no .json, which conda would take for the
/// record of a package.
inline constexpr std::string_view script_products_path = "conda-meta/envlock.made-by-scripts";

/// A file or link that a link script left behind, as it was when the script had ended.
struct ScriptProduct {
  std::string path;     ///< In the prefix.
  std::string package;  ///< The name of the package whose script it was.
  PathType type = PathType::file;
  bool executable = false;
  std::uint64_t size_bytes = 0;
  Sha256 sha256;       ///< As installed; of files only.
  std::string target;  ///< Of links only.
  friend bool operator==(const ScriptProduct&, const ScriptProduct&) = default;
};

/// JSON, sorted by path, one product a line; same products, same bytes.
std::string write_script_products(std::vector<ScriptProduct> products);

/// Strict; sorted by path, each once. Paths are judged as those of packages.
/// @throws InputError (3) naming the line
std::vector<ScriptProduct> read_script_products(std::string_view json, const std::string& file);

}  // namespace envlock
