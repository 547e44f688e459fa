#include "model/package_name.hpp"

namespace envlock {
namespace {

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_separator(char c) noexcept { return c == '.' || c == '-' || c == '_'; }

}  // namespace

bool is_package_name(std::string_view name) noexcept {
  // ^(([a-z0-9])|([a-z0-9_](?!_)))[._-]?([a-z0-9]+(\.|-|_|$))*$, or that after "__" and an
  // alphanumeric: no two separators in a row, except the two underscores of a virtual package.
  std::size_t at = 0;
  if (name.substr(0, 2) == "__") {
    at = 2;
    if (name.size() == 2 || !is_alphanumeric(name[2])) return false;
  } else if (name.empty() || (!is_alphanumeric(name[0]) && name[0] != '_')) {
    return false;
  }
  // An underscore in front may be followed by '.' or '-': the only pair that the grammar lets by.
  if (at == 0 && name[0] == '_') at = 1;
  bool after_separator = false;
  for (; at < name.size(); ++at) {
    const bool separator = is_separator(name[at]);
    if (!separator && !is_alphanumeric(name[at])) return false;
    if (separator && after_separator) return false;
    after_separator = separator;
  }
  return true;
}

std::string_view name_in_spec(std::string_view spec) noexcept {
  const std::size_t channel = spec.substr(0, spec.find('[')).rfind("::");
  if (channel != std::string_view::npos) spec.remove_prefix(channel + 2);
  const std::size_t start = spec.find_first_not_of(' ');
  if (start == std::string_view::npos) return {};
  return spec.substr(start, spec.find_first_of(" =<>!~|;,[(@", start) - start);
}

}  // namespace envlock
