#include "verify/local_changes.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "model/pack_facts.hpp"
#include "model/shell_word.hpp"
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

void require_nothing_lost(const std::vector<Finding>& changes, const std::string& previous) {
  if (changes.empty()) return;
  std::vector<std::string> lines;
  tell(changes, lines);
  std::string message = "the environment that an earlier --replace kept, '" + previous + "', has " +
                        counted(changes.size(), "local change") +
                        ", which would be lost with it; nothing was written:";
  for (const std::string& line : lines) message += '\n' + line;
  throw Error(ExitCode::unfit, message,
              "take out of it what is wanted, remove it (rm -r " + shell_word(previous) +
                  "), and run again");
}

std::vector<std::string> told_replacement(const std::vector<Finding>& changes,
                                          bool drops_previous) {
  std::vector<std::string> lines;
  if (!changes.empty()) {
    lines.push_back("the environment that is replaced has " +
                    counted(changes.size(), "local change") +
                    ", which the new one will not have (it is kept):");
    tell(changes, lines);
  }
  if (drops_previous)
    lines.push_back("the environment that an earlier --replace kept makes room for this one");
  return lines;
}

}  // namespace envlock
