#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/prefix_record.hpp"
#include "model/script_products.hpp"
#include "verify/advice.hpp"
#include "verify/expected_tree.hpp"
#include "verify/finding.hpp"
#include "verify/small_file.hpp"

namespace envlock {

/// What a prefix says of itself. Whoever can change the files can change this as well: it finds
/// accidents, it proves nothing (T6).
struct SelfStatement {
  std::vector<PrefixRecord> records;
  std::string site_packages;
  std::vector<Finding> findings;   ///< Records that cannot be read or contradict each other.
  std::uint64_t without_hash = 0;  ///< Files of which the records tell no hash.
  /// Of the lock that `install` left there; nothing where another tool made the prefix.
  std::optional<std::map<std::string, std::string>> variables;
  std::vector<std::unique_ptr<PlaceholderUse>> placeholders;  ///< Of the installer's own files.
  std::vector<ScriptProduct> products;
  std::vector<BaselineFile> packed;    ///< Of an unpacked prefix, by its manifest.
  PackedChoice choice;                 ///< As `packed`.
  std::unique_ptr<ExpectedTree> tree;  ///< Of the others.
};

/// Reads conda-meta, whoever wrote it (CF 8.9 says how tools differ).
/// @param prefix  where it lies: activation scripts name it
/// @param program  as for `read_packed_files`
SelfStatement read_self_statement(int prefix_fd, const std::string& prefix, BeneathMethod method,
                                  const std::optional<Sha256>& program);

}  // namespace envlock
