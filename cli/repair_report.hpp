#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/environment_plan.hpp"
#include "pack/script_products.hpp"
#include "verify/policy.hpp"

namespace envlock {

/// What was wrong in a prefix and `install --repair` made right, by verifying before and after.
class RepairReport {
 public:
  /// Looks at the prefix before it is repaired; at nothing where it is not there or cannot be
  /// judged.
  RepairReport(const EnvironmentLock& environment, const TreePlan& plan, std::string prefix,
               Context& context);
  /// Looks again.
  /// @param made  by link scripts meanwhile
  void look_after(const std::vector<ScriptProduct>& made, Context& context);

  [[nodiscard]] bool is_known() const noexcept { return is_known_; }
  /// Sorted as `verify` has them. What no package brought is none of it: no file of that is made.
  [[nodiscard]] const std::vector<Finding>& mended() const noexcept { return mended_; }
  /// Those that are still there, or came meanwhile, and that envlock.yml does not accept.
  [[nodiscard]] std::size_t left() const noexcept { return left_; }

  /// In lines, not more than a screen has.
  void print(Console& console, const std::string& lock_path) const;
  void write_json(JsonWriter& json) const;

 private:
  [[nodiscard]] std::optional<std::vector<Finding>> look(Context& context) const;

  std::optional<Baseline> baseline_;
  std::string prefix_;
  bool is_known_ = false;
  std::vector<Finding> before_, mended_;
  std::vector<AcceptanceUse> lost_;  ///< What envlock.yml accepted and is made anew.
  VerifyPolicy policy_;
  std::string project_;  ///< envlock.yml, as `--project` takes it; empty: there is none.
  std::size_t left_ = 0;
  bool left_serious_ = false;  ///< More than notes are among those.
};

}  // namespace envlock
