#include "verify/permission_check.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/xattr.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

namespace envlock {
namespace {

constexpr mode_t others_write = 0002;
constexpr mode_t group_write = 0020;
constexpr mode_t any_execute = 0111;
constexpr mode_t special_bits = 06000;

uid_t read_overflow_uid() {
  uid_t uid = 65534;
  std::ifstream("/proc/sys/kernel/overflowuid") >> uid;
  return uid;
}

/// Calls one of the reentrant look-ups of users and groups with as much room as it wants.
template <class Entry, class Id, class Lookup>
bool look_up(Id id, Entry& entry, std::vector<char>& space, Lookup lookup) {
  constexpr std::size_t most = std::size_t{1} << 20U;
  for (space.resize(1024); space.size() <= most; space.resize(space.size() * 2)) {
    Entry* found = nullptr;
    const int error = lookup(id, &entry, space.data(), space.size(), &found);
    if (error == 0) return found != nullptr;
    if (error != ERANGE && error != EINTR) return false;
  }
  return false;
}

/// Of a prefix that others may enter (0755), or a group (0750).
mode_t readers_of(mode_t prefix) {
  mode_t bits = 0;
  for (const mode_t read : {mode_t{S_IRGRP}, mode_t{S_IROTH}}) {
    const mode_t both = read | read >> 2U;
    if ((prefix & both) == both) bits |= read;
  }
  return bits;
}

/// The same for all that is below.
std::string for_all_below(std::string advice) {
  for (const std::string_view command : {"chmod", "setfacl", "chown"}) {
    if (advice.starts_with(command)) advice.insert(command.size(), " -R");
  }
  return advice;
}

std::string message_of(std::string_view rule) {
  if (rule == "writable-by-others") return "every user of this host can write to it";
  if (rule == "writable-by-group") return "a group can write to it";
  if (rule == "less-readable")
    return "not everybody who may enter the prefix can read it, so that programs fail for them";
  if (rule == "special-bits") return "it runs with the rights of its owner or group";
  if (rule == "foreign-owner") return "it belongs to another user, who can change it";
  if (rule == "changed-mode") return "the right to execute it is not as packaged";
  if (rule == "capabilities") return "it runs with capabilities";
  if (rule == "access-list") return "it has an access control list";
  return "it has extended attributes";
}

}  // namespace

std::string mode_text(mode_t mode) {
  std::array<char, 16> digits{};
  mode &= 07777;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), mode, 8).ptr;
  const std::string text(digits.data(), end);
  return std::string(text.size() < 4 ? 4 - text.size() : 1, '0') + text;
}

bool is_private_group(uid_t owner, gid_t group) {
  passwd user{};
  ::group its_group{};
  std::vector<char> user_space;
  std::vector<char> group_space;
  return look_up(owner, user, user_space, ::getpwuid_r) &&
         look_up(group, its_group, group_space, ::getgrgid_r) &&
         std::string_view(user.pw_name) == its_group.gr_name &&
         (its_group.gr_mem == nullptr || *its_group.gr_mem == nullptr);
}

PermissionCheck::PermissionCheck(CheckContext& context, const struct stat& prefix,
                                 PrivateGroupTest is_private)
    : context_(context),
      owner_(prefix.st_uid),
      readers_(readers_of(prefix.st_mode)),
      overflow_uid_(read_overflow_uid()),
      is_private_(std::move(is_private)) {}

bool PermissionCheck::is_group_writable(const struct stat& facts) const {
  if ((facts.st_mode & group_write) == 0) return false;
  const auto key = std::pair(facts.st_uid, facts.st_gid);
  const auto groups = groups_.lock();
  const auto known = groups->find(key);
  if (known != groups->end()) return !known->second;
  return !groups->emplace(key, is_private_(key.first, key.second)).first->second;
}

void PermissionCheck::look_at(const std::string& path, const struct stat& facts, int fd,
                              std::optional<bool> executable, bool is_packaged) {
  const mode_t mode = facts.st_mode;
  if (!is_trusted(facts.st_uid))
    fault("foreign-owner", path, "user " + std::to_string(owner_) + " or root",
          "user " + std::to_string(facts.st_uid));
  if (S_ISLNK(mode)) return;  // a link's mode means nothing
  const mode_t wanted = is_packaged ? wanted_bits(mode, executable) : 0;
  const bool is_other_kind =
      S_ISREG(mode) && executable && *executable != ((mode & any_execute) != 0);
  const std::string expected = "mode " + mode_text(right_mode(facts, executable, wanted));
  const std::string found = "mode " + mode_text(mode);
  if ((mode & others_write) != 0) {
    fault("writable-by-others", path, expected, found);
  } else if (is_group_writable(facts)) {
    fault("writable-by-group", path, expected, found + ", group " + std::to_string(facts.st_gid));
  }
  if ((mode & wanted) != wanted) fault("less-readable", path, expected, found);
  if (S_ISREG(mode) && (mode & special_bits) != 0) fault("special-bits", path, expected, found);
  if (is_other_kind) fault("changed-mode", path, expected, found, {}, *executable);
  if (fd >= 0) look_at_attributes(path, fd);
}

mode_t PermissionCheck::wanted_bits(mode_t mode, std::optional<bool> executable) const {
  // To enter, or to run; that nobody may run it is the other finding's.
  const bool is_run = S_ISDIR(mode) || (executable.value_or(false) && (mode & any_execute) != 0);
  return is_run ? readers_ | readers_ >> 2U : readers_;
}

mode_t PermissionCheck::right_mode(const struct stat& facts, std::optional<bool> executable,
                                   mode_t wanted) const {
  mode_t mode = facts.st_mode | wanted;
  if ((mode & others_write) != 0 || is_group_writable(facts)) mode &= ~(others_write | group_write);
  if (!S_ISREG(facts.st_mode)) return mode;
  mode &= ~special_bits;
  if (!executable) return mode;
  if (!*executable) return mode & ~any_execute;
  constexpr mode_t any_read = 0444;
  return (mode & any_execute) != 0 ? mode : mode | (mode & any_read) >> 2U;
}

void PermissionCheck::look_at_attributes(const std::string& path, int fd) {
  std::array<char, 4096> names{};
  const ssize_t length = ::flistxattr(fd, names.data(), names.size());
  if (length == 0) return;
  if (length < 0) {
    if (errno == ERANGE) fault("extended-attributes", path, "none", "more than anybody needs");
    return;  // a file system without them
  }
  std::string_view rest(names.data(), static_cast<std::size_t>(length));
  std::vector<std::string> user;
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (name == "security.capability") {
      fault("capabilities", path, "none", "security.capability");
    } else if (name.starts_with("system.posix_acl_")) {
      fault("access-list", path, "none", std::string(name));
    } else if (name.starts_with("user.")) {
      user.emplace_back(name);
    }
    // Labels and hashes of security modules, and what file systems keep for themselves, are on
    // every file of some hosts and no package's business.
  }
  if (user.empty()) return;
  std::string found;
  for (const std::string& name : user) found += (found.empty() ? "" : ", ") + name;
  fault("extended-attributes", path, "none", std::move(found), std::move(user));
}

void PermissionCheck::fault(std::string_view rule, const std::string& path, std::string expected,
                            std::string found, std::vector<std::string> attributes,
                            bool lost_execute) {
  const auto units = units_.lock();
  // Setuid, capabilities and exchanged modes are never one of many.
  const bool can_join = rule != "special-bits" && rule != "capabilities" && rule != "changed-mode";
  if (can_join && !path.empty()) {
    for (std::string_view at = folder_of(path);; at = folder_of(at)) {
      const auto unit = units->find(Key{rule, std::string(at)});
      if (unit != units->end()) {
        ++unit->second.below;
        unit->second.evidence.add(path, rule, sha256_of(found));
        std::set<std::string>& first = unit->second.first;
        first.insert(path);
        if (first.size() > most_named) first.erase(std::prev(first.end()));
        return;
      }
      if (at.empty()) break;
    }
  }
  Unit unit;
  unit.evidence.add(path, rule, sha256_of(found));
  unit.expected = std::move(expected);
  unit.found = std::move(found);
  unit.attributes = std::move(attributes);
  unit.lost_execute = lost_execute;
  units->emplace(Key{rule, path}, std::move(unit));
}

bool PermissionCheck::is_stranger(const struct stat& facts) const {
  return !is_trusted(facts.st_uid) && facts.st_uid != overflow_uid_;
}

std::string PermissionCheck::above_fault(const struct stat& facts) const {
  if (is_stranger(facts)) return "it belongs to user " + std::to_string(facts.st_uid);
  if ((facts.st_mode & S_ISVTX) != 0) return {};
  if ((facts.st_mode & others_write) != 0)
    return "mode " + mode_text(facts.st_mode) + ": every user can write there";
  if (is_group_writable(facts))
    return "mode " + mode_text(facts.st_mode) + ": group " + std::to_string(facts.st_gid) +
           " can write there";
  return {};
}

void PermissionCheck::look_above(const std::string& prefix) {
  namespace fs = std::filesystem;
  std::set<fs::path> folders;
  const auto add_all = [&](fs::path at) {
    while (folders.insert(at).second && at.has_relative_path()) at = at.parent_path();
  };
  const fs::path lexical(prefix);
  for (fs::path at = lexical.parent_path();; at = at.parent_path()) {
    std::error_code error;
    const fs::path real = fs::canonical(at, error);
    if (!error) add_all(real);
    if (!at.has_relative_path()) break;
  }
  std::error_code error;
  const fs::path real = fs::canonical(lexical, error);
  if (!error && real.has_relative_path()) add_all(real.parent_path());
  for (const fs::path& folder : folders) {
    struct stat facts {};
    if (::stat(folder.c_str(), &facts) != 0) continue;
    const std::string found = above_fault(facts);
    if (found.empty()) continue;
    Finding finding = make_finding(verify_rules(), "parent-writable", folder.string());
    finding.expected = "a folder of root or of user " + std::to_string(owner_) +
                       " that nobody else can write to, or with the sticky bit";
    finding.found = found;
    finding.message = "somebody else can exchange the prefix, which lies below it";
    if (!is_stranger(facts))
      finding.advice = "chmod go-w {path}; if others must write there: chmod +t {path}";
    finding.sha256 = sha256_of(found);
    context_.findings.add(std::move(finding));
  }
}

void PermissionCheck::advise_on(Finding& finding, const Key& key, const Unit& unit) const {
  const auto& [rule, path] = key;
  if (rule == "foreign-owner") {
    finding.advice = "chown -h " + std::to_string(owner_) + " {path}";
  } else if (rule == "changed-mode") {
    finding.advice = unit.lost_execute ? "chmod a+x {path}" : "chmod a-x {path}";
  } else if (rule == "less-readable") {
    // Never all below a folder: what no package brought there may be closed for a reason.
    if (unit.below > unit.first.size()) {
      finding.advice = "envlock install {lock} --prefix {prefix} --repair";
      return;
    }
    finding.advice = (readers_ & S_IROTH) != 0 ? "chmod a+rX {paths}" : "chmod g+rX {paths}";
    finding.advice_paths = {path};
    finding.advice_paths.insert(finding.advice_paths.end(), unit.first.begin(), unit.first.end());
    return;
  } else if (rule == "extended-attributes") {
    if (unit.below > 0) {
      finding.advice =
          "getfattr -R -P -m '^user[.]' {path} lists them all; setfattr -x NAME PATH removes one";
    } else if (!unit.attributes.empty()) {
      finding.advice.clear();
      for (std::size_t i = 0; i < unit.attributes.size(); ++i)
        finding.advice += i == 0 ? "setfattr -x {word} {path}" : " && setfattr -x {word} {path}";
      finding.advice_words = unit.attributes;
    }
    return;
  }
  if (unit.below > 0) finding.advice = for_all_below(std::move(finding.advice));
}

void PermissionCheck::finish() {
  const auto units = units_.lock();
  for (const auto& [key, unit] : *units) {
    const auto& [rule, path] = key;
    const bool is_prefix = path.empty();
    Finding finding = make_finding(verify_rules(), rule, is_prefix ? "." : path);
    if (const ExpectedFile* file = context_.tree.find(path))
      finding.package = context_.tree.packages()[file->package].label();
    finding.expected = unit.expected;
    finding.found = unit.found;
    finding.message = message_of(rule);
    advise_on(finding, key, unit);
    if (is_prefix) finding.message = "the prefix: " + finding.message;
    if (unit.below > 0) finding.message += "; the same below it: " + std::to_string(unit.below);
    finding.sha256 = unit.evidence.digest();
    context_.findings.add(std::move(finding));
  }
}

}  // namespace envlock
