#pragma once

#include <sys/types.h>

#include "model/unique_fd.hpp"
#include "pack/tree_sink.hpp"

namespace envlock {

/// Writes a tree below a folder: nothing is followed, nothing that is there is overwritten, and
/// nothing is reached outside of it. Files are 0644 or 0755, folders 0755, whatever the umask.
class DirectorySink final : public TreeSink {
 public:
  /// @param root    a folder; stays open as long as this lives
  /// @param shown   its path, for messages
  DirectorySink(UniqueFd root, std::string shown);

  void directory(const std::string& path) override;
  std::unique_ptr<File> file(const TreeFile& file) override;
  void link(const std::string& path, const std::string& target, std::int64_t mtime_s) override;

 private:
  [[nodiscard]] UniqueFd folder(const std::string& path) const;  // made where it is missing
  [[noreturn]] void fail(const std::string& what, const std::string& path, int error_number) const;

  UniqueFd root_;
  std::string shown_;
};

/// Opens a folder for the functions above. @throws IoError
UniqueFd open_folder(const std::string& path);

}  // namespace envlock
