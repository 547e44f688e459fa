#include "model/readable_spec.hpp"

#include <string_view>

namespace envlock {

std::string readable_spec(const std::string& canonical) {
  constexpr std::string_view key = "[version='";
  constexpr std::string_view end = "']";
  const std::size_t at = canonical.find(key);
  if (at == std::string::npos || !canonical.ends_with(end)) return canonical;
  const std::string version =
      canonical.substr(at + key.size(), canonical.size() - at - key.size() - end.size());
  if (version.find('\'') != std::string::npos)
    return canonical;  // another key stands behind the quote
  return canonical.substr(0, at) + " " + version;
}

}  // namespace envlock
