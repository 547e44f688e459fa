#include "verify/diff/change.hpp"

namespace envlock {

std::string_view to_string(ChangeKind kind) noexcept {
  switch (kind) {
    case ChangeKind::added:
      return "added";
    case ChangeKind::removed:
      return "removed";
    case ChangeKind::upgraded:
      return "upgraded";
    case ChangeKind::downgraded:
      return "downgraded";
    case ChangeKind::build:
      return "build";
    case ChangeKind::bytes:
      return "bytes";
    case ChangeKind::archive:
      return "archive";
    case ChangeKind::metadata:
      return "metadata";
    case ChangeKind::channel:
      return "channel";
    case ChangeKind::manager:
      return "manager";
    case ChangeKind::question:
      return "question";
    case ChangeKind::rules:
      return "rules";
    case ChangeKind::platform:
      return "platform";
    case ChangeKind::risk:
      break;
  }
  return "risk";
}

bool is_move(ChangeKind kind) noexcept {
  return kind == ChangeKind::added || kind == ChangeKind::removed || kind == ChangeKind::upgraded ||
         kind == ChangeKind::downgraded || kind == ChangeKind::build || kind == ChangeKind::manager;
}

Change make_change(std::string_view rule, ChangeKind kind, std::string environment,
                   std::string platform, std::string name) {
  Change change;
  change.finding = make_finding(diff_rules(), rule, environment + '/' + platform + '/' + name);
  change.finding.path.clear();
  change.kind = kind;
  change.environment = std::move(environment);
  change.platform = std::move(platform);
  change.name = std::move(name);
  return change;
}

std::string version_text(const DiffPackage& package) {
  const PackageRecord& record = *package.record;
  return record.build.empty() ? record.version : record.version + ' ' + record.build;
}

}  // namespace envlock
