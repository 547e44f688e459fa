#include "model/package_name.hpp"

namespace envlock {
namespace {

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_separator(char c) noexcept { return c == '.' || c == '-' || c == '_'; }

/// What ends the name in a spec.
bool ends_name(char c) noexcept {
  switch (c) {
    case ' ':
    case '=':
    case '<':
    case '>':
    case '!':
    case '~':
    case '|':
    case ';':
    case ',':
    case '[':
    case '(':
    case '@':
      return true;
    default:
      return false;
  }
}

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
  if (spec.find(':') != std::string_view::npos) {
    const std::size_t channel = spec.substr(0, spec.find('[')).rfind("::");
    if (channel != std::string_view::npos) spec.remove_prefix(channel + 2);
  }
  while (spec.starts_with(' ')) spec.remove_prefix(1);
  std::size_t end = 0;
  while (end < spec.size() && !ends_name(spec[end])) ++end;
  return spec.substr(0, end);
}

}  // namespace envlock
