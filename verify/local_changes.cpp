#include "verify/local_changes.hpp"

#include <algorithm>

#include "model/pack_facts.hpp"
#include "model/text.hpp"

namespace envlock {

std::vector<Finding> local_changes(std::vector<Finding> findings) {
  std::erase_if(findings, [](const Finding& finding) {
    const bool is_envlocks = finding.path == pack_path::program || finding.path == pack_path::facts;
    return is_envlocks || !finding.part_of.empty() ||
           !has(finding.traits, RuleTrait::somebodys_work);
  });
  std::ranges::sort(findings, {}, &Finding::path);
  return findings;
}

std::vector<std::string> told_replacement(const std::vector<Finding>& changes,
                                          bool drops_previous) {
  constexpr std::size_t most = 20;
  std::vector<std::string> lines;
  if (!changes.empty()) {
    lines.push_back("the environment that is replaced has " +
                    counted(changes.size(), "local change") +
                    ", which the new one will not have (it is kept until the next --replace):");
  }
  for (const Finding& change : changes) {
    if (lines.size() > most) {
      lines.push_back("  and " + std::to_string(changes.size() - most) + " more");
      break;
    }
    lines.push_back("  " + (change.path.empty() ? change.package : change.path) + ": " +
                    change.message);
  }
  if (drops_previous)
    lines.emplace_back("the environment that an earlier --replace kept makes room for this one");
  return lines;
}

}  // namespace envlock
