#include "pack/installed_head.hpp"

#include "model/error.hpp"
#include "pack/directory_sink.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_records.hpp"

namespace envlock {

std::optional<PackHead> read_installed_head(const std::string& prefix) {
  const UniqueFd folder = open_folder(prefix);
  const auto read = [&](std::string_view path) {
    return read_prefix_file(folder.get(), std::string(path), prefix);
  };
  const auto require = [&](std::string_view path) {
    auto text = read(path);
    if (!text) {
      throw IoError("'" + prefix + '/' + std::string(path) + "' is missing",
                    "unpack the environment anew");
    }
    return std::move(*text);
  };
  auto manifest = read(pack_path::manifest);
  if (!manifest) return std::nullopt;
  return read_pack_head(std::move(*manifest), read(pack_path::signature).value_or(""),
                        require(pack_path::facts), require(installed_lock_path), prefix,
                        HeadOf::environment);
}

}  // namespace envlock
