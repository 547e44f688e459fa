#include "cli/output_file.hpp"

#include <span>

#include "fetch/atomic_file.hpp"
#include "model/error.hpp"
#include "pack/temp_file.hpp"

namespace envlock {
namespace {

/// Where to write. Renaming over a device would take it away from every program.
std::filesystem::path checked_target(const std::filesystem::path& path, const std::string& shown) {
  std::filesystem::path target = real_target(path);
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(target, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw IoError("'" + shown + "' is there and is no regular file",
                  "name another file, or redirect standard output");
  }
  return target;
}

}  // namespace

std::filesystem::path real_target(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  return error ? path : target;
}

void write_output_file(const std::filesystem::path& path, const std::string& shown,
                       std::string_view text) {
  write_file(checked_target(path, shown), text, 0644);
}

void write_beside_pack(const std::filesystem::path& path, const std::string& shown,
                       std::string_view text) {
  TempFile file(checked_target(path, shown).string());
  file.write(std::as_bytes(std::span(text)));
  file.publish(false, true);
}

}  // namespace envlock
