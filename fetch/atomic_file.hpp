#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "model/unique_fd.hpp"

namespace envlock {

/// A file that appears under its final name whole or not at all: written beside it under a
/// temporary name and renamed by `commit`. Without `commit` the destructor removes it and the file
/// of the final name, if there is one, stays as it was.
class AtomicFile {
 public:
  enum class Durability {
    synced,   ///< fsync of the file before the rename and of the folder after it.
    relaxed,  ///< None: for what may be lost, but not torn, in a power failure.
  };

  /// @param target  its folder must exist
  /// @param mode    what the finished file has, whatever the umask
  /// @throws IoError where the temporary file cannot be made
  explicit AtomicFile(std::filesystem::path target, mode_t mode = 0600);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// @throws IoError, for example with a full disk
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Call once, last. @throws IoError; the target is then unchanged
  void commit(Durability durability = Durability::synced);

  /// The same, but never in place of a file that is there.
  /// @throws IoError, also where the target exists by now
  void commit_new(Durability durability = Durability::synced);

  /// True for the names of temporary files that a killed process leaves behind.
  static bool is_temporary_name(std::string_view file_name) noexcept;

 private:
  void finish(Durability durability);
  std::filesystem::path target_, temporary_;
  mode_t mode_;
  UniqueFd fd_;
};

/// AtomicFile in one call.
void write_file(const std::filesystem::path& target, std::string_view text, mode_t mode = 0600,
                AtomicFile::Durability durability = AtomicFile::Durability::synced);

/// All of a regular file (symbolic links are followed, a FIFO or device never blocks).
/// @throws IoError where it is missing, unreadable or no regular file
/// @throws TrustError where it has more than `max_bytes`
std::string read_file(const std::filesystem::path& file, std::size_t max_bytes);

}  // namespace envlock
