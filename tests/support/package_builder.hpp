#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/compressed_bytes.hpp"
#include "tests/support/tar_bytes.hpp"
#include "tests/support/zip_bytes.hpp"

namespace envlock::test {

/// The prefix that packages are built with: 255 bytes, as conda's tools have it.
const std::string& placeholder();

/// The archive of a package, regular unless told otherwise: `ArchiveBuilder("hello", "1.0", "0")
/// .file("bin/hello", "text", 0755).build_conda()`. Equal calls give equal bytes. It knows nothing
/// of envlock's readers. (The record of a package in a repodata.json is a PackageBuilder.)
class ArchiveBuilder {
 public:
  using Json = nlohmann::ordered_json;
  using Edit = std::function<void(Json&)>;

  explicit ArchiveBuilder(std::string name, std::string version = "1.0", std::string build = "0");

  ArchiveBuilder& depends(const std::vector<std::string>& specs);
  ArchiveBuilder& constrains(const std::vector<std::string>& specs);
  ArchiveBuilder& build_number(std::uint64_t number);
  ArchiveBuilder& subdir(std::string name);  ///< linux-64 where this is not called.
  ArchiveBuilder& noarch_python();
  ArchiveBuilder& noarch_generic();
  /// Any field of index.json, with any value.
  ArchiveBuilder& set(const std::string& key, Json value);

  ArchiveBuilder& file(std::string path, std::string content, unsigned mode = 0644);
  ArchiveBuilder& link(std::string path, std::string target);  ///< A symlink.
  /// A second name of a file of this package, as an entry of the tar; a file in paths.json.
  ArchiveBuilder& hard_link(std::string path, std::string first_name);
  ArchiveBuilder& directory(std::string path);  ///< An empty one.
  /// Files that hold `prefix` wherever the place of the environment is to stand.
  ArchiveBuilder& placeholder_text(std::string path, std::string content, unsigned mode = 0644,
                                   std::string prefix = placeholder());
  ArchiveBuilder& placeholder_binary(std::string path, std::string content, unsigned mode = 0755,
                                     std::string prefix = placeholder());
  ArchiveBuilder& no_link(std::string path, std::string content, unsigned mode = 0644);
  ArchiveBuilder& entry_point(std::string text);  ///< "hello = hello:main"; see noarch_python.
  /// bin/.NAME-ACTION.sh; `action` is post-link, pre-unlink and so on.
  ArchiveBuilder& link_script(const std::string& action, std::string script);
  /// A file below info/, in place of the one that would be made, if any. `path` begins with info/.
  ArchiveBuilder& info_file(std::string path, std::string bytes);

  /// As before 2017: info/files, info/has_prefix and info/no_link alone.
  ArchiveBuilder& without_paths_json();
  ArchiveBuilder& paths_json(Edit edit);  ///< Changes what would be written.
  ArchiveBuilder& paths_json(std::string_view text);
  ArchiveBuilder& index_json(Edit edit);
  ArchiveBuilder& index_json(std::string_view text);
  /// No file of that name below info/: `without_info("info/link.json")`.
  ArchiveBuilder& without_info(std::string path);

  /// Entries that follow the regular ones and are in no list. In a .conda the first kind stands in
  /// pkg-*.tar.zst, the second in info-*.tar.zst; a .tar.bz2 has one tar for both.
  ArchiveBuilder& raw_tar_entry(TarEntry entry);
  ArchiveBuilder& raw_info_entry(TarEntry entry);
  ArchiveBuilder& info_last();  ///< In a .tar.bz2: files come before info/.

  [[nodiscard]] std::string build_conda() const;
  [[nodiscard]] std::string build_tar_bz2() const;

  // The layers, for tests that put a package together themselves.
  [[nodiscard]] std::string stem() const;  ///< NAME-VERSION-BUILD
  [[nodiscard]] Json index() const;        ///< index.json, as changed; also the record in repodata.
  [[nodiscard]] std::vector<TarEntry> info_entries() const;
  [[nodiscard]] std::vector<TarEntry> pkg_entries() const;
  /// metadata.json, pkg-*.tar.zst, info-*.tar.zst, to be changed and given to zip_of.
  [[nodiscard]] std::vector<ZipMember> conda_members() const;

 private:
  struct Path {
    TarEntry entry;
    std::string placeholder = {};
    bool is_binary = false;
    bool is_no_link = false;
  };
  ArchiveBuilder& add(Path path);
  [[nodiscard]] const std::string& content_of(const Path& path) const;
  [[nodiscard]] Json paths_entry(const Path& path) const;
  [[nodiscard]] std::string paths_text() const;
  [[nodiscard]] std::string link_text() const;
  [[nodiscard]] std::string file_list() const;
  [[nodiscard]] std::string prefix_list() const;
  [[nodiscard]] std::string no_link_list() const;

  Json index_;
  std::vector<Path> paths_;
  std::vector<std::string> entry_points_, left_out_;
  std::vector<TarEntry> info_files_, raw_, raw_info_;
  Edit edit_paths_, edit_index_;
  bool info_last_ = false;
};

}  // namespace envlock::test
