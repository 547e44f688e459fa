#include "cli/output_file.hpp"

#include "fetch/atomic_file.hpp"
#include "model/error.hpp"

namespace envlock {

std::filesystem::path real_target(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  return error ? path : target;
}

void write_output_file(const std::filesystem::path& path, const std::string& shown,
                       std::string_view text) {
  const std::filesystem::path target = real_target(path);
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(target, error);
  // Renaming over a device would take it away from every program.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw IoError("'" + shown + "' is there and is no regular file",
                  "name another file, or redirect standard output");
  }
  write_file(target, text, 0644);
}

}  // namespace envlock
