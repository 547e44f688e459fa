#include <algorithm>

#include "model/package_info.hpp"
#include "model/text.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_path_bytes = 4096;
constexpr std::size_t max_part_bytes = 255;

/// Cuts the next part off `rest`; false where none is left.
bool next_part(std::optional<std::string_view>& rest, std::string_view& part) {
  if (!rest) return false;
  const std::size_t slash = rest->find('/');
  part = rest->substr(0, slash);
  rest = slash == std::string_view::npos ? std::nullopt : std::optional(rest->substr(slash + 1));
  return true;
}

/// What neither a path nor a link's text may hold.
std::optional<std::string> text_fault(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.size() > max_path_bytes) {
    return "it has " + std::to_string(text.size()) + " bytes, more than " +
           std::to_string(max_path_bytes);
  }
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = next_code_point(text, at);
    if (code == no_code_point) return "it is not UTF-8";
    if (is_unsafe(code)) return "it holds a control character";
    if (code == '\\') return "it holds a backslash";
  }
  if (text.front() == '/') return "it is absolute";
  const char first = to_lower(text.substr(0, 1)).front();
  if (text.size() > 1 && text[1] == ':' && first >= 'a' && first <= 'z') {
    return "it starts with a drive";
  }
  return std::nullopt;
}

std::optional<std::string> differs(std::string_view what, std::string_view locked,
                                   std::string_view own) {
  if (locked == own) return std::nullopt;
  const auto shown = [](std::string_view text) {
    return text.empty() ? std::string("none") : "'" + std::string(text) + "'";
  };
  return "expected the " + std::string(what) + ' ' + shown(locked) +
         ", found in its info/index.json " + shown(own);
}

}  // namespace

std::optional<std::string> package_path_fault(std::string_view path) {
  if (auto fault = text_fault(path)) return fault;
  std::optional<std::string_view> rest = path;
  std::string_view part;
  for (bool is_first = true; next_part(rest, part); is_first = false) {
    if (part.empty()) return rest ? "it holds '//'" : "it ends in '/'";
    if (part == "." || part == "..") return "it holds a '" + std::string(part) + "' part";
    if (part.size() > max_part_bytes) {
      return "a part of it has " + std::to_string(part.size()) + " bytes, more than " +
             std::to_string(max_part_bytes);
    }
    // Case does not matter on every file system.
    if (is_first && to_lower(part) == "conda-meta") return "it lies in conda-meta, which is ours";
    // The journal and the stage of an update: a package that brought them could rule the next one.
    if (is_first && to_lower(part).starts_with(".envlock-"))
      return "its name is one of the installer's own";
  }
  return std::nullopt;
}

std::optional<std::string> link_target_fault(std::string_view path, std::string_view target) {
  if (auto fault = text_fault(target)) return fault;
  auto depth = std::count(path.begin(), path.end(), '/');
  std::optional<std::string_view> rest = target;
  std::string_view part;
  for (bool has_name = false; next_part(rest, part);) {
    if (part == "..") {
      // Where the name is a link itself, ".." is the parent of what it points at.
      if (has_name) return "it holds '..' behind a name";
      if (--depth < 0) return "it leaves the prefix";
    } else if (!part.empty() && part != ".") {
      has_name = true;
    }
    if (part.size() > max_part_bytes) {
      return "a part of it has " + std::to_string(part.size()) + " bytes, more than " +
             std::to_string(max_part_bytes);
    }
  }
  return std::nullopt;
}

std::optional<std::string> identity_fault(const PackageRecord& record, const PackageIndex& index) {
  if (auto fault = differs("name", to_lower(record.name), to_lower(index.name))) return fault;
  if (auto fault = differs("version", record.version, index.version)) return fault;
  if (auto fault = differs("build", record.build, index.build)) return fault;
  if (auto fault = differs("build number", std::to_string(record.build_number),
                           std::to_string(index.build_number))) {
    return fault;
  }
  if (auto fault = differs("noarch kind", to_string(record.noarch), to_string(index.noarch))) {
    return fault;
  }
  // Packages of 2013 know no subdir; a noarch package may be filed below a platform (CEP 20).
  const bool any = record.subdir == "noarch" || index.subdir == "noarch" || index.subdir.empty();
  return any ? std::nullopt : differs("subdir", record.subdir, index.subdir);
}

}  // namespace envlock
