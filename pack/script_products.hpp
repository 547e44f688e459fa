#pragma once

#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "model/baseline.hpp"
#include "model/script_products.hpp"
#include "model/unique_fd.hpp"
#include "pack/tree_plan.hpp"

namespace envlock {

/// What lies in a prefix at one moment: enough to notice that a program wrote it.
class PrefixSnapshot {
 public:
  /// Of all files and links, without conda-meta and byte code. @throws IoError
  explicit PrefixSnapshot(const std::string& prefix);

  /// What is new or was written since `before`, with digests; nothing of paths that no package may
  /// have: those stay files that nobody brought.
  /// @param package  the name of the package whose script ran meanwhile
  /// @throws IoError
  [[nodiscard]] std::vector<ScriptProduct> made_since(const PrefixSnapshot& before,
                                                      const std::string& package) const;

 private:
  /// Inode, size, mode, time of the last change of the content in seconds and nanoseconds.
  using Facts = std::tuple<std::uint64_t, std::int64_t, std::uint32_t, std::int64_t, std::int64_t>;
  std::string prefix_;
  std::unordered_map<std::string, Facts> entries_;
};

/// Adds to what the prefix says of earlier runs, of which that of packages no longer planned goes.
/// @throws IoError, InputError where what lies there cannot be read
void keep_script_products(const UniqueFd& prefix, const TreePlan& plan,
                          const std::vector<ScriptProduct>& made, const std::string& shown);

/// Adds them; a package's file that a script wrote is then as the script left it, but for what runs
/// without being asked for (roles startup and activation): that stays the package's. What a
/// baseline cannot hold (links that leave the prefix) is left out.
/// @return a notice for each package's file that a script wrote
std::vector<std::string> add_script_products(Baseline& baseline,
                                             const std::vector<ScriptProduct>& products);

}  // namespace envlock
