#include "cli/pack_choice.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace envlock {
namespace {

bool is_about_unowned(const Finding& finding) { return has(finding.traits, RuleTrait::unpackaged); }

enum class Wish : std::uint8_t { none, take, leave };

/// What somebody wished of one path, and why.
struct Decision {
  Wish wish = Wish::none;
  std::string reason;
  std::string finding;  ///< Of an acceptance.
};

Decision by_filters(std::span<const FilterStep> steps, std::string_view path) {
  Decision decision;
  for (const FilterStep& step : steps) {
    if (!is_below_match(step.glob, path)) continue;
    const bool take = step.kind == FilterStep::Kind::include;
    decision.wish = take ? Wish::take : Wish::leave;
    decision.reason = (take ? "--include " : "--exclude ") + step.glob;
  }
  return decision;
}

class Choice {
 public:
  Choice(std::span<const UnownedFile> unowned, const JudgedFindings& judged,
         std::span<const FilterStep> steps)
      : unowned_(unowned), judged_(judged), steps_(steps) {}

  PackChoice run() {
    for (const UnownedFile& file : unowned_)
      decisions_.try_emplace(file.path, by_filters(steps_, file.path));
    for (const AcceptanceUse& use : judged_.acceptances) {
      if (use.state == AcceptanceUse::State::applied && use.finding) accept(use);
    }
    for (const UnownedFile& file : unowned_) carry_out(file);
    for (const Finding& finding : judged_.findings) {
      if (!is_settled(finding)) out_.refused.push_back(finding);
    }
    const auto order = [](const auto& a, const auto& b) { return a.path < b.path; };
    std::ranges::sort(out_.taken, order);
    std::ranges::sort(out_.left);
    std::ranges::sort(out_.accepted, [](const AcceptedItem& a, const AcceptedItem& b) {
      return std::tie(a.path, a.finding) < std::tie(b.path, b.finding);
    });
    return std::move(out_);
  }

 private:
  /// What an acceptance means for the pack: what was looked at goes with it.
  void accept(const AcceptanceUse& use) {
    const Finding& finding = *use.finding;
    const bool is_inside = !finding.path.empty() && finding.path.front() != '/';
    bool stands_for_files = false;
    for (const UnownedFile& file : unowned_) {
      if (!is_about_unowned(finding) || file.told_at != finding.path) continue;
      stands_for_files = true;
      Decision& decision = decisions_.at(file.path);
      if (decision.wish != Wish::none) continue;
      decision = {Wish::take, use.acceptance.reason, finding.id};
    }
    if (stands_for_files) return;
    out_.accepted.push_back({.path = is_inside ? finding.path : std::string(),
                             .finding = finding.id,
                             .reason = use.acceptance.reason,
                             .sha256 = use.acceptance.sha256});
    if (by_filters(steps_, finding.path).wish == Wish::leave) return;
    if (finding.rule == "EL201") out_.left.push_back(finding.path);
    if (finding.rule == "EL203" || finding.rule == "EL205") {
      out_.taken.push_back({.path = finding.path,
                            .is_link = finding.rule == "EL205",
                            .sha256 = use.acceptance.sha256});
    }
    if (has(finding.traits, RuleTrait::no_pack_holds_it)) {
      out_.faults.push_back("'" + (is_inside ? finding.path : finding.package) + "': " +
                            finding.message + ", which no pack can hold (" + finding.id + ")");
    }
  }

  void carry_out(const UnownedFile& file) {
    if (!seen_.insert(file.path).second) return;
    const Decision& decision = decisions_.at(file.path);
    if (decision.wish != Wish::take) {
      if (decision.wish == Wish::none) out_.left_behind.push_back(file);
      return;
    }
    if (file.kind == UnownedFile::Kind::special || !file.sha256) {
      out_.faults.push_back(
          "'" + file.path +
          "': " + (file.sha256 ? "it is neither a file nor a link" : "it could not be read whole"));
      return;
    }
    out_.taken.push_back({.path = file.path,
                          .is_link = file.kind == UnownedFile::Kind::link,
                          .sha256 = *file.sha256});
    out_.accepted.push_back({.path = file.path,
                             .finding = decision.finding,
                             .reason = decision.reason,
                             .sha256 = *file.sha256});
  }

  [[nodiscard]] bool is_settled(const Finding& finding) const {
    if (finding.path.empty() || finding.path.front() == '/') return false;
    if (by_filters(steps_, finding.path).wish == Wish::leave) return true;
    if (!is_about_unowned(finding)) return false;
    const auto own = decisions_.find(finding.path);
    if (own != decisions_.end()) return own->second.wish != Wish::none;
    bool any = false;
    for (const UnownedFile& file : unowned_) {
      if (file.told_at != finding.path) continue;
      any = true;
      if (decisions_.at(file.path).wish == Wish::none) return false;
    }
    return any;
  }

  std::span<const UnownedFile> unowned_;
  const JudgedFindings& judged_;
  std::span<const FilterStep> steps_;
  std::map<std::string, Decision, std::less<>> decisions_;
  std::set<std::string> seen_;
  PackChoice out_;
};

}  // namespace

PackChoice choose_for_pack(std::span<const UnownedFile> unowned, const JudgedFindings& judged,
                           std::span<const FilterStep> steps) {
  return Choice(unowned, judged, steps).run();
}

std::vector<std::string> paths_of_findings(std::span<const UnownedFile> unowned,
                                           const JudgedFindings& judged) {
  std::vector<std::string> paths;
  for (const UnownedFile& file : unowned) paths.push_back(file.path);
  for (const Finding& finding : judged.findings) {
    if (!finding.path.empty() && finding.path.front() != '/') paths.push_back(finding.path);
  }
  return paths;
}

}  // namespace envlock
