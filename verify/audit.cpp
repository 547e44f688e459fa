#include "verify/audit.hpp"

#include <algorithm>
#include <filesystem>

#include "verify/audit_arguments.hpp"
#include "verify/audit_context.hpp"

namespace envlock {

AuditContext::AuditContext(const AuditRequest& request) : request_(request), root_(request.root) {
  while (!root_.empty() && root_.back() == '/') root_.pop_back();
  std::string prefix = request.prefix;
  while (prefix.size() > 1 && prefix.back() == '/') prefix.pop_back();
  prefixes_.push_back(prefix);
  std::error_code error;
  const std::string real = std::filesystem::canonical(prefix, error).string();
  if (!error && real != prefix) prefixes_.push_back(real);
  const HostFile passwd = read_host_file(root_ + "/etc/passwd");
  if (passwd.text) users_ = users_of(*passwd.text);
  const std::string home = variable("HOME");
  const auto has_home = [&](const HostUser& user) { return user.home == home; };
  if (home.substr(0, 1) == "/" && std::none_of(users_.begin(), users_.end(), has_home)) {
    users_.push_back({"", home, 0});
  }
  std::set<std::string> homes;
  std::erase_if(users_, [&](const HostUser& user) {
    const bool is_denied = list_host_folder(place_of(user.home)).is_denied;
    if (is_denied) count("home folders of other users");
    return is_denied || !homes.insert(user.home).second;
  });
}

std::string AuditContext::place_of(const std::string& path) const {
  for (const std::string& prefix : prefixes_) {
    if (path == prefix || path.substr(0, prefix.size() + 1) == prefix + "/") return path;
  }
  return root_ + path;
}

bool AuditContext::uses_prefix(std::string_view text) const {
  return std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const std::string& prefix) { return mentions(text, prefix); });
}

std::string AuditContext::variable(const std::string& name) const {
  const auto at = request_.environment.find(name);
  return at == request_.environment.end() ? std::string() : at->second;
}

std::string AuditContext::shown(const std::string& path) const {
  for (const std::string& prefix : prefixes_) {
    if (path.substr(0, prefix.size() + 1) == prefix + "/") return path.substr(prefix.size() + 1);
  }
  return path;
}

HostFile AuditContext::read(const std::string& path, std::size_t max_bytes) {
  HostFile file = read_host_file(place_of(path), max_bytes);
  look();
  read_paths_.insert(path);
  if (file.is_denied) {
    count("files that this user may not read");
  } else if (!file.fault.empty()) {
    add(path,
        {"EL440", 0, file.fault, "", "it decides how the environment is used, but " + file.fault,
         "a readable text file"});
  }
  return file;
}

void AuditContext::add(const std::string& path, const AuditHit& hit) {
  const std::string place = shown(path);
  // The second of its kind in a file is another finding; its number is its place in the file.
  const std::size_t number = ++kinds_[std::string(hit.rule) + '\0' + place + '\0' + hit.kind];
  Finding finding = make_finding(audit_rules(), hit.rule, place,
                                 hit.kind + (number > 1 ? "#" + std::to_string(number) : ""));
  finding.found =
      (hit.line > 0 ? "line " + std::to_string(hit.line) + ": " : std::string()) + hit.text;
  finding.expected = hit.expected;
  finding.message = hit.message;
  finding.sha256 = sha256_of(hit.text);
  result_.findings.push_back(std::move(finding));
}

AuditResult AuditContext::take() {
  sort_findings(result_.findings);
  return std::move(result_);
}

AuditResult audit_host(const AuditRequest& request) {
  AuditContext context(request);
  audit_python(context);
  audit_servers(context);
  audit_secrets(context);
  return context.take();
}

}  // namespace envlock
