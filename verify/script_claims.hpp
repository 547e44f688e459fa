#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/open_beneath.hpp"
#include "model/script_products.hpp"
#include "verify/expected_tree.hpp"

namespace envlock {

/// What the prefix says that allowed link scripts made, for files that neither package nor baseline
/// has. Whoever can write the prefix can write that: it explains findings, and silences none.
class ScriptClaims {
 public:
  /// @param allowed  digests of scripts that may run; nothing: not known, then a package's script
  ///                 is believed to have been allowed
  ScriptClaims(int prefix_fd, const ExpectedTree& tree,
               const std::optional<std::vector<Sha256>>& allowed, BeneathMethod method);

  /// The script of a package of the tree that is said to have made a path, and how it left that.
  struct Claim {
    const ScriptProduct* product = nullptr;
    const ExpectedFile* script = nullptr;
  };
  /// @return null pointers where nobody claims it, or a package that the tree has not, or one whose
  /// script
  ///         never ran
  [[nodiscard]] Claim find(std::string_view path) const;
  /// Why the record cannot be read; empty: it can, or there is none.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
  const ExpectedTree& tree_;
  std::optional<std::vector<Sha256>> allowed_;
  std::string fault_;  ///< Before `products_`: reading them writes it.
  std::vector<ScriptProduct> products_;
};

/// The record of a prefix; nothing where there is none.
/// @param fault  gets why it cannot be read
std::vector<ScriptProduct> read_products_of(int prefix_fd, BeneathMethod method,
                                            std::string& fault);

}  // namespace envlock
