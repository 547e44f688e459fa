#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/package_builder.hpp"

namespace envlock::test {

/// A channel folder with packages in it, to solve, fetch and install from. Every record tells the
/// truth (size, sha256) of the bytes that it stands for, unless it is changed.
class ChannelBuilder {
 public:
  using Json = ArchiveBuilder::Json;

  explicit ChannelBuilder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Writes the package, and repodata.json anew.
  ChannelBuilder& add_conda(const ArchiveBuilder& package);
  ChannelBuilder& add_tar_bz2(const ArchiveBuilder& package);
  /// The same with bytes of the test's own; `extension` is ".conda" or ".tar.bz2".
  ChannelBuilder& add_bytes(const ArchiveBuilder& package, const std::string& bytes,
                            const std::string& extension);
  /// Changes the record of a file that was added. @throws std::out_of_range if there is none
  ChannelBuilder& edit_record(const std::string& file_name, const ArchiveBuilder::Edit& edit);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_; }
  [[nodiscard]] std::filesystem::path file(const std::string& subdir,
                                           const std::string& file_name) const {
    return folder_ / subdir / file_name;
  }

 private:
  void write() const;

  std::filesystem::path folder_;
  std::map<std::string, std::map<std::string, Json>> records_;  ///< By subdir, by file name.
};

}  // namespace envlock::test
