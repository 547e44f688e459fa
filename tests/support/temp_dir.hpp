#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace envlock::test {

/// A new folder (mode 0700) of this test alone below TMPDIR, removed with all that is in it, also
/// where a test took rights away from some of it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }
  /// Writes a file, making the folders above it; replaces one that is there.
  std::filesystem::path write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

/// All bytes of a file. @throws std::runtime_error where it cannot be read
std::string read_file(const std::filesystem::path& file);

}  // namespace envlock::test
