#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/pack_facts.hpp"
#include "pack/assemble.hpp"
#include "pack/make_baseline.hpp"

namespace envlock {

/// What a pack is made from beside its packages.
struct PackContent {
  std::string lock_text;
  BaselineFacts baseline;
  std::string dest_prefix;           ///< Empty: placeholders stay until it is unpacked.
  std::vector<std::string> filters;  ///< For PackFacts.
  /// What the records ask of a host; what the files ask is added.
  HostRequirements needs = {};
  /// Of a prefix that is packed: for PackFacts.
  std::vector<AcceptedItem> accepted = {};
  std::string no_proof = {};
  /// Reads the plan's files that are in a prefix; null: there are none.
  const PrefixFiles* prefix_files = nullptr;
  /// Signs the manifest: its bytes in, the text of a .minisig file out. None: unsigned.
  std::function<std::string(std::string_view)> sign = {};
  /// Told what a host must have, files and all, before the pack appears; throws where it says no.
  std::function<void(const HostRequirements&)> judge = {};
};

struct PackDocument {
  std::string path, text;
};

/// What is written beside the packages' files.
struct PackDocuments {
  /// Manifest, its signature, facts and lock: a reader has them before everything that they judge.
  std::vector<PackDocument> first;
  std::vector<PackDocument> last;  ///< conda-meta/: records, history, state.
  Sha256 manifest_sha256;
  std::size_t files = 0;  ///< Of the manifest.
};

/// @param assembly  of the whole plan, as the pack has it
PackDocuments make_pack_documents(const TreePlan& plan, const Assembly& assembly,
                                  const PackContent& content);

}  // namespace envlock
