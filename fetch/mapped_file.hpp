#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "fetch/file_seal.hpp"

namespace envlock {

/// A regular file mapped read-only. It stays as it was when opened even if the file is replaced or
/// removed meanwhile (writers here never change a file in place, they rename over it).
class MappedFile {
 public:
  /// Nothing where there is no such file. Symbolic links as the last part are not followed.
  /// @throws IoError where it cannot be opened or is no regular file
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
  /// Of the file as it was opened.
  [[nodiscard]] const FileSeal& seal() const noexcept { return seal_; }

 private:
  MappedFile() = default;
  std::span<const std::byte> bytes_;
  FileSeal seal_;
};

}  // namespace envlock
