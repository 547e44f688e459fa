#include "pack/install.hpp"

#include <filesystem>

#include "model/error.hpp"
#include "model/prefix_path.hpp"
#include "pack/install_new.hpp"

namespace envlock {
namespace {

enum class Place { absent_or_empty, used };

Place look_at(const std::string& prefix) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status status = fs::symlink_status(prefix, error);
  if (status.type() == fs::file_type::not_found) return Place::absent_or_empty;
  if (error) throw IoError("cannot look at '" + prefix + "'", error.value());
  if (status.type() != fs::file_type::directory) {
    throw IoError("'" + prefix + "' is there and is no folder",
                  fs::is_symlink(status) ? "it is a link: name the folder that it leads to"
                                         : "name another prefix");
  }
  const bool empty = fs::is_empty(prefix, error);
  if (error) throw IoError("cannot look into '" + prefix + "'", error.value());
  return empty ? Place::absent_or_empty : Place::used;
}

}  // namespace

InstallResult install_prefix(const TreePlan& plan, const InstallRequest& request,
                             const std::stop_token& stop) {
  require_usable_prefix(request.prefix);
  require_prefix_fits(plan, request.prefix);
  if (look_at(request.prefix) == Place::absent_or_empty) {
    if (auto result = install_new(plan, request, stop)) return std::move(*result);
  }
  return install_in_place(plan, request, stop);
}

}  // namespace envlock
