#include "pack/runtime/home.hpp"

#include <filesystem>

#include "model/error.hpp"
#include "pack/directory_sink.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_records.hpp"

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
                "run the one in bin/ of the environment, or: envlock-env unpack FILE DIR");
  }
  return prefix.string();
}

PackHead read_own_head(const std::string& prefix) {
  const UniqueFd folder = open_folder(prefix);
  const auto read = [&](std::string_view path) {
    return read_prefix_file(folder.get(), std::string(path), prefix);
  };
  const auto require = [&](std::string_view path) {
    auto text = read(path);
    if (!text) throw IoError("'" + prefix + '/' + std::string(path) + "' is missing");
    return std::move(*text);
  };
  return read_pack_head(require(pack_path::manifest), read(pack_path::signature).value_or(""),
                        require(pack_path::facts), require(installed_lock_path), prefix);
}

}  // namespace envlock::runtime
