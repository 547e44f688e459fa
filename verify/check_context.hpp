#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "model/guarded.hpp"
#include "verify/expected_tree.hpp"
#include "verify/finding.hpp"
#include "verify/moved_prefix.hpp"
#include "verify/unowned_file.hpp"

namespace envlock {

/// Takes findings from any thread.
class FindingSink {
 public:
  void add(Finding finding) { findings_.lock()->push_back(std::move(finding)); }
  [[nodiscard]] std::vector<Finding> take() { return std::move(*findings_.lock()); }

 private:
  Guarded<std::vector<Finding>> findings_;
};

/// What the parts of one check share.
struct CheckContext {
  const ExpectedTree& tree;
  /// Where the prefix may say that it lies: placeholders were replaced by one of these.
  std::vector<std::string> prefixes;
  std::string against = "baseline";  ///< What it is held against, in a word.
  /// Read files of any size to say what an acceptance would bind to; else small ones only.
  bool hash_all_evidence = false;
  bool list_unowned = false;  ///< Fill in `unowned`.
  FindingSink findings = {};
  MovedFiles moved = {};
  Guarded<std::vector<UnownedFile>> unowned = {};
  std::atomic<std::uint64_t> files_checked = 0;  ///< Of packages, compared.
  std::atomic<std::uint64_t> files_right = 0;    ///< Of those: as they must be.
  std::atomic<std::uint64_t> bytes_hashed = 0;
};

}  // namespace envlock
