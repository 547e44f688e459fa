#include "cli/repair_report.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "cli/known_rules.hpp"
#include "cli/runtime_program.hpp"
#include "model/error.hpp"
#include "model/shell_word.hpp"
#include "model/text.hpp"
#include "verify/prefix_check.hpp"
#include "verify/unfinished_install.hpp"

namespace envlock {
namespace {

constexpr std::size_t most_lines = 20;

Baseline baseline_of(const EnvironmentLock& environment, const TreePlan& plan, Context& context) {
  std::vector<std::string> notices;  // said by who installs
  return make_baseline(plan, baseline_facts(environment), context.settings.threads, context.stop,
                       notices);
}

}  // namespace

RepairReport::RepairReport(const EnvironmentLock& environment, const TreePlan& plan,
                           std::string prefix, Context& context)
    : prefix_(std::move(prefix)) {
  if (environment.project) {
    policy_ = environment.project->project.verify;
    // A fault in it is said before anything is changed.
    (void)apply_policy({}, policy_, context.clock.now(), known_rules());
    const auto beside = std::filesystem::path(environment.path).parent_path() / "envlock.yml";
    project_ = context.settings.project.value_or(beside.string());
  }
  std::error_code error;
  if (!std::filesystem::is_directory(prefix_ + "/conda-meta", error)) return;
  baseline_.emplace(baseline_of(environment, plan, context));
  if (auto found = look(context)) {
    before_ = std::move(*found);
    is_known_ = true;
  }
}

std::optional<std::vector<Finding>> RepairReport::look(Context& context) const {
  try {
    return verify_prefix({.prefix = prefix_,
                          .against = "lock",
                          .threads = context.settings.threads,
                          .stop = context.stop,
                          .hash_all_evidence = !policy_.accepted.empty(),
                          .packed_program = sha256_of(runtime_program(Platform::host()))},
                         *baseline_)
        .findings;
  } catch (const IoError&) {
    return std::nullopt;  // installing into it says more
  }
}

void RepairReport::look_after(const std::vector<ScriptProduct>& made, Context& context) {
  if (!is_known_) return;
  (void)add_script_products(*baseline_, made);
  const auto after = look(context);
  if (!after) {
    is_known_ = false;
    return;
  }
  std::set<std::string> left;
  for (const Finding& finding : *after) left.insert(finding.id);
  const Instant now = context.clock.now();
  const auto counted_as_left = apply_policy(*after, policy_, now, known_rules()).findings;
  left_ = counted_as_left.size();
  left_serious_ = std::ranges::any_of(
      counted_as_left, [](const Finding& finding) { return finding.severity != Severity::note; });
  // Somebody else's files come and go, and no repair has made them.
  const auto is_gone = [&](const Finding& finding) {
    const RuleTrait others = RuleTrait::unpackaged | RuleTrait::from_pip;
    return !left.contains(finding.id) && !has(finding.traits, others) &&
           !is_interrupted_install(finding);  // an earlier run's own, and no damage
  };
  JudgedFindings judged = apply_policy(std::move(before_), policy_, now, known_rules());
  for (AcceptanceUse& use : judged.acceptances) {
    if (use.state == AcceptanceUse::State::applied && is_gone(*use.finding))
      lost_.push_back(std::move(use));
  }
  for (Finding& finding : judged.findings) {
    if (is_gone(finding)) mended_.push_back(std::move(finding));
  }
}

void RepairReport::print(Console& console, const std::string& lock_path) const {
  if (!is_known_) return;
  for (std::size_t i = 0; i < std::min(mended_.size(), most_lines); ++i) {
    const Finding& finding = mended_[i];
    std::string where = finding.path;
    if (!finding.package.empty())
      where += where.empty() ? finding.package : " (" + finding.package + ")";
    console.out(Line()
                    .add("mended ", Tone::good)
                    .add(where.empty() ? finding.message : where + ": " + finding.message));
  }
  if (mended_.size() > most_lines)
    console.out("and " + std::to_string(mended_.size() - most_lines) + " more");
  const std::string what =
      mended_.empty() ? std::string(left_ == 0 ? "Nothing" : "Nothing that new files mend") : "";
  console.out(mended_.empty() ? what + " was wrong in '" + prefix_ + "'."
                              : "Mended '" + prefix_ + "': " + counted(mended_.size(), "finding") +
                                    " of verify.");
  for (const AcceptanceUse& use : lost_)
    console.warning("'" + use.finding->path +
                        "' is the package's again, though envlock.yml accepts "
                        "what was there (" +
                        use.acceptance.finding + ": " + printable(use.acceptance.reason) + ")",
                    "restore it where it is wanted, or remove the entry of 'policy: accept:'");
  if (left_ == 0) return;
  const std::string text =
      counted(left_, "finding") + (left_ == 1 ? " is" : " are") + " left that no new file mends";
  const std::string next =
      "envlock verify " + shell_word(prefix_) + " --lock " + shell_word(lock_path) +
      (project_.empty() ? std::string() : " --project " + shell_word(project_)) + " says which";
  if (left_serious_) {
    console.warning(text, next);
  } else {
    console.note(text, next);
  }
}

void RepairReport::write_json(JsonWriter& json) const {
  if (!is_known_) return;
  json.key("mended").begin_array();
  for (const Finding& finding : mended_) {
    json.begin_object().member("id", finding.id).member("rule", finding.rule);
    json.member("path", finding.path).member("package", finding.package);
    json.member("message", finding.message).end_object();
  }
  json.end_array().key("accepted_made_anew").begin_array();
  for (const AcceptanceUse& use : lost_) {
    json.begin_object().member("id", use.acceptance.finding);
    json.member("path", use.finding->path).member("reason", use.acceptance.reason).end_object();
  }
  json.end_array().member("findings_left", static_cast<std::uint64_t>(left_));
}

}  // namespace envlock
