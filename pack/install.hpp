#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "pack/link_scripts.hpp"
#include "pack/prefix_access.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

struct InstallRequest {
  std::string prefix;  ///< Absolute, without links or trailing slash: placeholders become this.
  std::string lock_text;
  std::map<std::string, std::string> variables = {};
  /// Stated: of any prefix. Nothing: an existing one keeps its.
  std::optional<PrefixAccess> access = {};
  PrefixAccess new_access = {};  ///< Of a new prefix where none is stated.
  bool byte_code = true;
  std::vector<Sha256> link_scripts = {};  ///< Of those that may run, as packaged.
  /// An existing prefix: every package's files are made anew, whatever lies in their places.
  bool repair = false;
  std::size_t threads = 1;
};

struct InstallResult {
  bool updated = false;                     ///< There was an environment before.
  std::vector<std::string> added, removed;  ///< "name-version-build", sorted.
  std::size_t kept = 0;
  std::size_t records = 0;  ///< Of kept packages, those that were written anew.
  bool finished = false;    ///< What an earlier run had left undone was done.
  std::vector<SkippedScript> skipped_scripts;
  std::vector<ScriptProduct> script_products;  ///< Of scripts of this run, in their order.
  std::vector<std::string> stale_scripts;      ///< With `repair`: as pack/stale_scripts.hpp has it.
  std::vector<std::string> notices;            ///< What the user should know.
};

/// Makes a prefix be what a plan says.
///
/// An absent or empty prefix is made beside it and appears by one rename. An existing one of
/// envlock's gets the difference: new files are made in a folder of their own inside, a journal is
/// written, and only then files move; a run that was killed before the journal changed nothing, and
/// one that was killed later is completed by the next, with byte code and link scripts. Files that
/// no package of the prefix owns are never touched.
/// @throws Error (8) where the prefix is busy, frozen (CEP 22), not envlock's, made for another
///         path, or has files of its own where the plan's must go, or where a link script fails;
///         what assemble throws; IoError; Interrupted
InstallResult install_prefix(const TreePlan& plan, const InstallRequest& request,
                             const std::stop_token& stop);

}  // namespace envlock
