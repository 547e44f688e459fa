#include "verify/policy.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// By rule id; nothing is the level 'ignore'.
using Levels = std::map<std::string_view, std::optional<Severity>>;

Levels read_levels(const VerifyPolicy& policy, std::span<const Rule> rules) {
  Levels levels;
  for (const SeverityRule& wanted : policy.severities) {
    const Rule* const rule = find_rule(rules, wanted.rule);
    if (rule == nullptr) {
      std::vector<std::string_view> names;
      for (const Rule& known : rules) names.push_back(known.name);
      const auto near = nearest_word(wanted.rule, names);
      throw InputError(wanted.place, "there is no rule '" + printable(wanted.rule, 60) + "'",
                       near ? "did you mean '" + *near + "'?" : "docs/verify.md lists the rules");
    }
    const auto level = parse_severity(wanted.level);
    if (!level && has(rule->traits.value, RuleTrait::decides_what_runs))
      throw InputError(
          wanted.place,
          "'" + std::string(rule->name) + "' is about what can run: it is never ignored",
          "write note, or accept single findings with 'envlock accept'");
    if (!levels.emplace(rule->id, level).second)
      throw InputError(wanted.place, "the rule '" + std::string(rule->name) + "' is set twice");
  }
  return levels;
}

AcceptanceUse use_of(const Acceptance& acceptance, const Finding& finding, Instant now) {
  AcceptanceUse use{AcceptanceUse::State::applied, acceptance, finding};
  if (acceptance.end.ms <= now.ms) {
    use.state = AcceptanceUse::State::expired;
  } else if (finding.sha256 != acceptance.sha256) {
    use.state = AcceptanceUse::State::other_bytes;
  }
  return use;
}

std::string rule_of(const Acceptance& acceptance) {
  return acceptance.finding.substr(0, acceptance.finding.find('-'));
}

/// Findings by the ids that another kind of finding at their places would have: what is in a folder
/// decides its rule, and so its id.
/// @param kinds  ids of rules
std::map<std::string, Finding*> findings_by_place(std::vector<Finding>& findings,
                                                  const std::set<std::string>& kinds) {
  std::map<std::string, Finding*> by_id;
  for (const std::string& kind : kinds) {
    for (Finding& finding : findings) {
      if (!finding.path.empty() && finding.rule != kind)
        by_id.emplace(finding_id(kind, finding.path, {}), &finding);
    }
  }
  return by_id;
}

/// Says in the finding why an acceptance of it does not hold.
void explain(Finding& finding, const AcceptanceUse& use) {
  if (use.state == AcceptanceUse::State::expired) {
    finding.message += "; it was accepted until " + use.acceptance.until + ", which is over";
  } else if (use.acceptance.finding != finding.id) {
    finding.message += "; what was accepted here was other bytes, and another kind of finding (" +
                       use.acceptance.finding + ")";
  } else {
    finding.message +=
        "; other bytes than these were accepted (sha256 " + use.acceptance.sha256.hex() + ")";
  }
}

}  // namespace

std::string_view to_string(AcceptanceUse::State state) noexcept {
  switch (state) {
    case AcceptanceUse::State::unused:
      return "unused";
    case AcceptanceUse::State::expired:
      return "expired";
    case AcceptanceUse::State::other_bytes:
      return "other bytes";
    case AcceptanceUse::State::applied:
      break;
  }
  return "applied";
}

std::optional<FailOn> parse_fail_on(std::string_view text) noexcept {
  if (text == "any") return FailOn::any;
  if (text == "warning") return FailOn::warning;
  if (text == "error") return FailOn::error;
  if (text == "none") return FailOn::none;
  return std::nullopt;
}

JudgedFindings apply_policy(std::vector<Finding> findings, const VerifyPolicy& policy, Instant now,
                            std::span<const Rule> rules) {
  const Levels levels = read_levels(policy, rules);
  JudgedFindings judged;
  std::map<std::string_view, const Acceptance*> accepted;
  for (const Acceptance& acceptance : policy.accepted)
    accepted.emplace(acceptance.finding, &acceptance);
  // What is accepted as a whole is accepted in its parts.
  std::set<std::string> wholes;
  for (const Finding& finding : findings) {
    const auto acceptance = accepted.find(finding.id);
    if (acceptance != accepted.end() &&
        use_of(*acceptance->second, finding, now).state == AcceptanceUse::State::applied)
      wholes.insert(finding.id);
  }
  for (Finding& finding : findings) {
    if (!finding.part_of.empty() && wholes.contains(finding.part_of)) {
      // Its own acceptance, where there is one, is not of something that is gone.
      if (const auto own = accepted.find(finding.id); own != accepted.end()) {
        judged.acceptances.push_back(use_of(*own->second, finding, now));
        accepted.erase(own);
      }
      continue;
    }
    const auto level = levels.find(finding.rule);
    if (level != levels.end() && !level->second) {
      ++judged.ignored;
      continue;
    }
    if (level != levels.end()) finding.severity = *level->second;
    const auto acceptance = accepted.find(finding.id);
    if (acceptance != accepted.end()) {
      AcceptanceUse use = use_of(*acceptance->second, finding, now);
      accepted.erase(acceptance);
      const bool is_hidden = use.state == AcceptanceUse::State::applied;
      if (!is_hidden) explain(finding, use);
      judged.acceptances.push_back(std::move(use));
      if (is_hidden) continue;
    }
    judged.findings.push_back(std::move(finding));
  }
  std::set<std::string> kinds;
  for (const auto& [id, acceptance] : accepted) kinds.insert(rule_of(*acceptance));
  const auto by_place = findings_by_place(judged.findings, kinds);
  std::set<const Finding*> explained;
  for (const auto& [id, acceptance] : accepted) {
    AcceptanceUse use{AcceptanceUse::State::unused, *acceptance, std::nullopt};
    if (const auto same = by_place.find(use.acceptance.finding); same != by_place.end()) {
      use.state = AcceptanceUse::State::other_bytes;
      if (explained.insert(same->second).second) explain(*same->second, use);
      use.finding = *same->second;
    }
    judged.acceptances.push_back(std::move(use));
  }
  std::ranges::sort(judged.acceptances, {},
                    [](const AcceptanceUse& use) { return use.acceptance.finding; });
  sort_findings(judged.findings);
  return judged;
}

bool fails(std::span<const Finding> findings, FailOn threshold) noexcept {
  const auto least = threshold == FailOn::any       ? Severity::note
                     : threshold == FailOn::warning ? Severity::warning
                                                    : Severity::error;
  return std::ranges::any_of(findings, [&](const Finding& finding) {
    if (has(finding.traits, RuleTrait::nothing_checked)) return true;
    if (threshold == FailOn::none) return false;
    return has(finding.traits, RuleTrait::not_looked_at) || finding.severity >= least;
  });
}

}  // namespace envlock
