#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "pack/pack_documents.hpp"

namespace envlock {

struct PackedFolder {
  Sha256 manifest_sha256;
  std::size_t files = 0;  ///< Of the manifest.
  std::vector<std::string> notices;
};

/// Writes what an archive would hold as a folder, which appears whole or not at all.
/// @param path  absolute; absent or an empty folder
/// @throws Error (8) where it has something in it; what assemble throws; IoError; Interrupted
PackedFolder pack_folder(const TreePlan& plan, const PackContent& content, std::size_t threads,
                         const std::string& path, const std::stop_token& stop);

}  // namespace envlock
