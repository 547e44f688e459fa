#include "model/prefix_path.hpp"

#include <algorithm>
#include <string>

#include "model/error.hpp"
#include "model/text.hpp"

namespace envlock {

void require_nameable_prefix(std::string_view prefix) {
  const bool is_odd = std::ranges::any_of(
      prefix, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == ':'; });
  if (!is_odd) return;
  throw UsageError("the prefix '" + printable(prefix) + "' has a ':' or a control character in it",
                   "PATH could not name such a folder: choose another");
}

void require_usable_prefix(std::string_view prefix) {
  require_nameable_prefix(prefix);
  const std::size_t at = prefix.find_first_of("'\"\\");
  if (at == std::string_view::npos && is_utf8(prefix)) return;
  std::string what = "bytes in it that are no UTF-8";
  if (at != std::string_view::npos)
    what = prefix[at] == '\\' ? "a backslash in it"
                              : "a quote (" + std::string(1, prefix[at]) + ") in it";
  throw Error(
      ExitCode::unfit,
      "the prefix '" + printable(prefix) + "' has " + what +
          ", which would break texts of packages that name it (Python's sysconfig, for one)",
      "choose another folder; nothing was written");
}

}  // namespace envlock
