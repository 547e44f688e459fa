#include "cli/known_rules.hpp"

#include <vector>

#include "cli/verify_audit.hpp"
#include "verify/diff/change.hpp"

namespace envlock {

std::span<const Rule> known_rules() {
  static const std::vector<Rule> rules = [] {
    const auto verify = rules_with_audit();
    std::vector<Rule> all(verify.begin(), verify.end());
    const auto diff = diff_rules();
    all.insert(all.end(), diff.begin(), diff.end());
    return all;
  }();
  return rules;
}

std::string_view rule_of_id(std::string_view finding_id) noexcept {
  return finding_id.substr(0, finding_id.find('-'));
}

}  // namespace envlock
