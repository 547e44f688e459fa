#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/finding.hpp"

// What the host does with an environment: who shadows it, what starts from it and how open that is.
// Files are read as text and nothing is executed; docs/audit.md lists the rules.

namespace envlock {

struct AuditRequest {
  std::string prefix;  ///< Absolute.
  /// The folder whose etc, usr, home, ... are looked at; tests make one up.
  std::string root = "/";
  std::string proc = "/proc";
  /// Of the caller: PYTHONPATH, HOME, JUPYTER_CONFIG_DIR and so on.
  std::map<std::string, std::string> environment = {};
  /// Says of a path in the prefix that a package brought it: what everybody can download is no
  /// secret. May be empty: then nothing is.
  std::function<bool(std::string_view)> is_packaged = {};
};

struct AuditResult {
  std::vector<Finding> findings;  ///< As `sort_findings` sorts. Secrets in texts are "***".
  /// Files, folders, variables and running commands that were looked at, or looked for.
  std::uint64_t places = 0;
  /// What the caller may not see, and so nothing is said of, by reason: no finding, since it is so
  /// on every host.
  std::map<std::string, std::uint64_t> not_proved;
};

/// The rules of the audit, by id: EL4xx.
std::span<const Rule> audit_rules() noexcept;

/// Looks at the host. What cannot be read is a finding or counted, never an error.
AuditResult audit_host(const AuditRequest& request);

}  // namespace envlock
