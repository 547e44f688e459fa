#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "model/unique_fd.hpp"

namespace envlock {

/// A file that has no name until it is whole, in the folder where it will have one, so that
/// nothing is left of it whatever ends the process. Where the file system knows no such files, one
/// with a hidden name, removed with this.
class TempFile {
 public:
  /// @param path  what it will be; its folder must be there
  /// @throws IoError
  explicit TempFile(std::string path);
  ~TempFile();
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// At the end, or behind what was skipped. @throws IoError
  void write(std::span<const std::byte> bytes);
  /// Leaves so many bytes free where it stands; they are zeros until `write_at` fills them.
  /// @throws IoError
  void skip(std::uint64_t bytes);
  /// Over what is there, or in what was skipped. @throws IoError
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  /// Syncs it and gives it its name.
  /// @param replace  what has the name is replaced; else it stays, and this fails
  /// @throws IoError; Error (7) where something has the name
  void publish(bool executable, bool replace);

 private:
  /// Gives a nameless file this name. @return false where something has it
  bool link_as(const std::string& name);

  std::string path_;
  UniqueFd fd_;
  std::string hidden_;  ///< The name that it has meanwhile; empty: none.
};

}  // namespace envlock
