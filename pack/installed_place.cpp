#include "pack/installed_place.hpp"

#include "model/activation.hpp"
#include "model/error.hpp"
#include "pack/prefix_file.hpp"

namespace envlock {

std::optional<std::string> installed_place(const UniqueFd& prefix, const std::string& shown) {
  std::optional<std::string> script;
  try {
    script = read_prefix_file(prefix.get(), std::string(activation_path(Shell::posix)), shown);
  } catch (const IoError&) {  // somebody put something else there
  }
  if (!script) return std::nullopt;
  return activation_place(*script);
}

}  // namespace envlock
