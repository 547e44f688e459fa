#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/environment_plan.hpp"
#include "cli/pack_choice.hpp"
#include "cli/pack_request.hpp"
#include "pack/prefix_files.hpp"
#include "verify/report/report.hpp"

namespace envlock {

/// An installed prefix that was verified and may be packed, or not.
struct PrefixToPack {
  EnvironmentLock environment;
  Baseline baseline;  ///< What it was held against.
  TreePlan plan;
  std::unique_ptr<PrefixFiles> files;  ///< Reads what the plan has from the prefix.
  VerifyReport report = {};            ///< Its findings are those that stand against packing.
  PackChoice choice = {};
  std::vector<std::string> notices = {};
  std::size_t excluded = 0;

  [[nodiscard]] bool is_refused() const noexcept {
    return !choice.faults.empty() || !choice.refused.empty();
  }
};

/// Reads what `--lock`, `--baseline` or `--self` names, verifies `--prefix` against it, and plans
/// the pack. Nothing is written.
/// @throws UsageError; what load_environment_lock, plan_environment and verify_prefix throw
PrefixToPack read_prefix_to_pack(const ParsedArgs& args, const PackRequest& request,
                                 Context& context);

/// The report of a prefix that is not packed: what is wrong with it, as `verify` says it.
/// @return ExitCode::findings
ExitCode report_refused(const PrefixToPack& prefix, const PackRequest& request, Context& context);

/// What is in the pack, or not, that no package brought, by what it can do.
void say_unowned(const PrefixToPack& prefix, Console& console);

}  // namespace envlock
