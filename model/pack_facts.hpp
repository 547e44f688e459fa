#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/digest.hpp"
#include "model/host_requirements.hpp"

namespace envlock {

/// Where the parts of a pack that no package owns lie in a prefix.
namespace pack_path {
inline constexpr std::string_view manifest = "conda-meta/envlock.manifest";
inline constexpr std::string_view signature = "conda-meta/envlock.manifest.minisig";
inline constexpr std::string_view facts = "share/envlock/pack.json";
inline constexpr std::string_view program = "bin/envlock-env";
}  // namespace pack_path

/// What is in a pack, or is not, against what its packages say, because somebody accepted that.
struct AcceptedItem {
  std::string path;     ///< In the prefix that was packed; empty: not about one path of it.
  std::string finding;  ///< Its id; empty where a filter named the path.
  std::string reason;   ///< Of the acceptance, or "--include GLOB".
  Sha256 sha256;        ///< Of what was looked at.
  friend bool operator==(const AcceptedItem&, const AcceptedItem&) = default;
};

/// What a pack says of itself beside its manifest, which holds this file's digest: so the manifest,
/// or its signature, vouches for every byte. docs/pack.md is the specification.
struct PackFacts {
  static constexpr int current_version = 1;
  HostRequirements host;  ///< What a machine must have.
  /// Of the manifest's text without its line of this file, so that a manifest whose bits decayed is
  /// known as such without a signature too. (Against who changes both, only a signature helps.)
  Sha256 manifest_sha256 = {};
  /// Where it already is at home: nothing is to be relocated to run there.
  std::string dest_prefix;
  /// The filters that took files out of the environment, as they were given ("-GLOB", "+GLOB").
  std::vector<std::string> filters;
  /// Of an environment that was packed as it was installed, sorted by path and finding.
  std::vector<AcceptedItem> accepted = {};
  /// Why the files prove nothing about the packages: they were held against their own records.
  /// Empty: they were not.
  std::string no_proof = {};
  /// Files of conda-meta/, which the manifest does not list, by path.
  std::map<std::string, Sha256> documents;
  friend bool operator==(const PackFacts&, const PackFacts&) = default;
};

/// JSON with a newline at its end; same facts, same bytes.
std::string write_pack_facts(const PackFacts& facts);

/// Strict: unknown keys, versions and paths that are none of conda-meta's are refused.
/// @throws InputError (3) naming the line
PackFacts read_pack_facts(std::string_view json, const std::string& file);

}  // namespace envlock
