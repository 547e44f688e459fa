#include "cli/verify_audit.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include "verify/audit.hpp"

namespace envlock {
namespace {

std::map<std::string, std::string> environment_of_caller() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t sign = text.find('=');
    if (sign == std::string_view::npos) continue;
    out.emplace(text.substr(0, sign), text.substr(sign + 1));
  }
  return out;
}

}  // namespace

std::span<const Rule> rules_with_audit() {
  static const std::vector<Rule> rules = [] {
    std::vector<Rule> all(verify_rules().begin(), verify_rules().end());
    all.insert(all.end(), audit_rules().begin(), audit_rules().end());
    return all;
  }();
  return rules;
}

void add_audit(VerifyResult& result, const std::string& prefix, const Baseline* baseline) {
  // A file that is not what its package brought may hold a secret of this place.
  std::set<std::string_view> changed;
  for (const Finding& finding : result.findings) changed.insert(finding.path);
  AuditRequest request;
  request.prefix = std::filesystem::absolute(prefix).lexically_normal().string();
  request.environment = environment_of_caller();
  request.is_packaged = [&](std::string_view path) {
    if (baseline == nullptr || changed.count(path) != 0) return false;
    const auto& files = baseline->files;
    const auto at = std::lower_bound(
        files.begin(), files.end(), path,
        [](const BaselineFile& file, std::string_view wanted) { return file.path < wanted; });
    return at != files.end() && at->path == path;
  };
  AuditResult audit = audit_host(request);
  result.audit_checks = audit.places;
  std::move(audit.findings.begin(), audit.findings.end(), std::back_inserter(result.findings));
  sort_findings(result.findings);
  for (const auto& [reason, count] : audit.not_proved) result.not_proved[reason] += count;
}

}  // namespace envlock
