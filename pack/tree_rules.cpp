#include "pack/tree_rules.hpp"

#include <utility>

#include "model/package_info.hpp"
#include "model/text.hpp"
#include "pack/refusal.hpp"

namespace envlock {
namespace {

using Kind = ArchiveEntry::Kind;

/// tar called with "." puts "./" before every name (CF 7.1).
std::string_view without_dots(std::string_view name) {
  while (name.starts_with("./")) name.remove_prefix(2);
  return name;
}

/// The rule behind `package_path_fault`, by the first thing that is wrong with the path.
std::string_view rule_of_path(std::string_view path) {
  if (path.starts_with("/") || (path.size() > 1 && path[1] == ':')) return "A02";
  if (path.find('\\') != std::string_view::npos) return "A03";
  if (!is_utf8(path) || printable(path, path.size()) != path) return "A20";
  const std::string first = to_lower(path.substr(0, path.find('/')));
  if (first == "conda-meta" || first.starts_with(".envlock-")) return "A22";
  const std::string inside = "/" + std::string(path) + "/";
  if (inside.find("/../") != std::string::npos) return "A01";
  if (path.size() > 4096) return "A19";
  std::size_t part = 0;
  for (const char c : path) {
    part = c == '/' ? 0 : part + 1;
    if (part > 255) return "A19";
  }
  return "A21";
}

Kind kind_of(char type) {
  switch (type) {
    case '1':
      return Kind::hard_link;
    case '2':
      return Kind::link;
    case '5':
      return Kind::directory;
    default:
      return Kind::file;
  }
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace

bool is_info_path(std::string_view path) noexcept {
  return path == "info" || path.starts_with("info/");
}

void TreeRules::fail(std::string_view member, const std::string& what,
                     std::string_view rule) const {
  refuse(package_, member, what, rule);
}

std::optional<ArchiveEntry> TreeRules::judge(const TarMember& member) {
  ArchiveEntry entry;
  entry.kind = kind_of(member.type);
  std::string_view path = without_dots(member.path);
  if (entry.kind == Kind::directory) {
    if (path.ends_with('/')) path.remove_suffix(1);
    if ((path.empty() && !member.path.empty()) || path == ".") return std::nullopt;
  }
  if (const auto fault = package_path_fault(path)) fail(member.path, *fault, rule_of_path(path));
  entry.path = path;
  entry.executable = (member.mode & 0111U) != 0;
  entry.had_special_bits = (member.mode & 07000U) != 0;
  entry.size_bytes = member.size_bytes;
  require_folders_above(entry.path);
  if (entry.kind == Kind::link || entry.kind == Kind::hard_link) take_target(member, entry);

  if (one_case_) require_one_case(entry.path);
  const auto [found, is_new] = seen_.try_emplace(entry.path);
  Seen& seen = found->second;
  if (!is_new) {
    if (seen.is_listed && seen.kind == entry.kind) fail(entry.path, "is there twice", "A12");
    if (seen.kind != entry.kind) fail(entry.path, "is there twice, as different things", "A11");
  }
  seen = {entry.kind, true};
  if (entry.kind == Kind::hard_link) hard_links_.emplace(entry.path, entry.target);
  return entry;
}

void TreeRules::require_folders_above(const std::string& path) {
  const std::string_view folder = folder_of(path);
  if (folder.empty() || folder == last_folder_) return;
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string above = path.substr(0, slash);
    if (one_case_) require_one_case(above);
    const auto [found, is_new] = seen_.try_emplace(above);
    if (found->second.kind == Kind::link) fail(path, "lies behind the link '" + above + "'", "A04");
    if (found->second.kind != Kind::directory)
      fail(path, "lies below '" + above + "', which is a file", "A11");
  }
  last_folder_ = folder;
}

void TreeRules::require_one_case(std::string_view path) {
  const auto [found, is_new] = seen_lower_case_.try_emplace(to_lower(path), path);
  if (!is_new && found->second != path)
    fail(path, "differs from '" + found->second + "' in case alone", "A13");
}

void TreeRules::take_target(const TarMember& member, ArchiveEntry& entry) const {
  if (entry.kind == Kind::link) {
    entry.target = member.link;
    // What info/ has is read, never written.
    if (is_info_path(entry.path)) return;
    if (const auto fault = link_target_fault(entry.path, member.link))
      fail(entry.path, "is a link to '" + printable(member.link, 1024) + "': " + *fault, "A06");
    return;
  }
  const std::string_view target = without_dots(member.link);
  if (package_path_fault(target)) fail(entry.path, "is a hard link out of the package", "A08");
  const auto found = seen_.find(std::string(target));
  const bool is_file = found != seen_.end() &&
                       (found->second.kind == Kind::file || found->second.kind == Kind::hard_link);
  if (!is_file)
    fail(entry.path,
         "is a hard link to '" + std::string(target) + "', which is no file that came before it",
         "A09");
  // Nobody gets info/, so nobody could make a link to what is in it.
  if (is_info_path(target) && !is_info_path(entry.path))
    fail(entry.path, "is a hard link into info/", "A09");
  const auto first = hard_links_.find(found->first);
  entry.target = first == hard_links_.end() ? found->first : first->second;
}

}  // namespace envlock
