#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/prefix_record.hpp"
#include "verify/expected_tree.hpp"
#include "verify/finding.hpp"
#include "verify/small_file.hpp"

namespace envlock {

/// What a prefix says of itself. Whoever can change the files can change this as well: it finds
/// accidents, it proves nothing (T6).
struct SelfStatement {
  std::vector<PrefixRecord> records;
  std::string site_packages;
  std::vector<Finding> findings;       ///< Records that cannot be read or contradict each other.
  std::uint64_t without_hash = 0;      ///< Files of which the records tell no hash.
  std::unique_ptr<ExpectedTree> tree;  ///< Its texts are those of `records`.
};

/// Reads conda-meta, whoever wrote it (CF 8.9 says how tools differ).
SelfStatement read_self_statement(int prefix_fd, BeneathMethod method);

}  // namespace envlock
