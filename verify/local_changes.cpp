#include "verify/local_changes.hpp"

#include <algorithm>

#include "model/pack_facts.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

/// The first twenty, and how many more there are.
void tell(const std::vector<Finding>& changes, std::vector<std::string>& lines) {
  constexpr std::size_t most = 20;
  for (std::size_t i = 0; i < std::min(most, changes.size()); ++i) {
    const Finding& change = changes[i];
    lines.push_back("  " + (change.path.empty() ? change.package : change.path) + ": " +
                    change.message);
  }
  if (changes.size() > most)
    lines.push_back("  and " + std::to_string(changes.size() - most) + " more");
}

}  // namespace

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
                                          const std::optional<std::vector<Finding>>& dropped) {
  std::vector<std::string> lines;
  if (!changes.empty()) {
    lines.push_back("the environment that is replaced has " +
                    counted(changes.size(), "local change") +
                    ", which the new one will not have (it is kept until the next --replace):");
    tell(changes, lines);
  }
  if (!dropped) return lines;
  std::string line = "the environment that an earlier --replace kept makes room for this one";
  if (!dropped->empty())
    line += ", and " + counted(dropped->size(), "local change") + " in it " +
            (dropped->size() == 1 ? "is" : "are") + " lost:";
  lines.push_back(std::move(line));
  tell(*dropped, lines);
  return lines;
}

}  // namespace envlock
