#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "verify/audit.hpp"
#include "verify/audit_host_files.hpp"
#include "verify/audit_text.hpp"

namespace envlock {

/// What the parts of an audit share: where things are, and the findings so far.
class AuditContext {
 public:
  explicit AuditContext(const AuditRequest& request);

  [[nodiscard]] const AuditRequest& request() const noexcept { return request_; }
  /// Users whose home can be looked at; the others are counted.
  [[nodiscard]] const std::vector<HostUser>& users() const noexcept { return users_; }
  /// Where a path of the host really is; paths in the prefix stay.
  [[nodiscard]] std::string place_of(const std::string& path) const;
  /// The prefix as given and with all links followed.
  [[nodiscard]] const std::vector<std::string>& prefixes() const noexcept { return prefixes_; }
  [[nodiscard]] bool uses_prefix(std::string_view text) const;
  /// A variable of the caller; empty where it is not set.
  [[nodiscard]] std::string variable(const std::string& name) const;

  /// Reads a file of the host, or tells that it could not be read.
  HostFile read(const std::string& path, std::size_t max_bytes = max_host_file_bytes);
  /// @param path  of the host, or in the prefix; empty: none
  void add(const std::string& path, const AuditHit& hit);
  /// One more place was looked at, whatever is there; `read` does it by itself.
  void look() { ++result_.places; }
  void count(const std::string& reason) { ++result_.not_proved[reason]; }
  /// The paths that were read as configuration.
  [[nodiscard]] const std::set<std::string>& read_paths() const noexcept { return read_paths_; }
  AuditResult take();

 private:
  /// As findings name it: relative where it lies in the prefix.
  [[nodiscard]] std::string shown(const std::string& path) const;

  const AuditRequest& request_;
  std::string root_;  ///< Without a slash at its end.
  std::vector<std::string> prefixes_;
  std::vector<HostUser> users_;
  std::set<std::string> read_paths_;
  std::map<std::string, std::size_t> kinds_;
  AuditResult result_;
};

/// User sites, and variables that put something before the environment (EL401 to EL407).
void audit_python(AuditContext& context);
/// Configuration, units and running commands (EL411 to EL421, EL432).
void audit_servers(AuditContext& context);
/// Secrets in the prefix that others can read (EL417, EL431).
void audit_secrets(AuditContext& context);

}  // namespace envlock
