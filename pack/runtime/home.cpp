#include "pack/runtime/home.hpp"

#include <filesystem>
#include <utility>

#include "model/error.hpp"
#include "model/shell_word.hpp"
#include "pack/installed_head.hpp"

namespace envlock::runtime {

namespace fs = std::filesystem;

std::string own_prefix() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) throw IoError("cannot tell where this program lies: there is no /proc", error.value());
  const fs::path prefix = program.parent_path().parent_path();
  if (program.parent_path().filename() != "bin" ||
      !fs::exists(prefix / std::string(pack_path::manifest), error)) {
    throw Error(ExitCode::unfit, "'" + program.string() + "' does not lie in a packed environment",
                "run the one in bin/ of the environment, or bring a pack into a folder: " +
                    shell_word(program.string()) + " unpack FILE DIR");
  }
  return prefix.string();
}

PackHead read_own_head(const std::string& prefix) {
  if (auto head = read_installed_head(prefix)) return std::move(*head);
  throw IoError("'" + prefix + '/' + std::string(pack_path::manifest) + "' is missing");
}

}  // namespace envlock::runtime
