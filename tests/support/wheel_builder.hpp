#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/zip_bytes.hpp"

namespace envlock::test {

/// A wheel, regular unless told otherwise: `WheelBuilder("hello", "1.0").file("hello.py", "...")
/// .command("hello = hello:main").build()`. Equal calls give equal bytes. It knows nothing of
/// envlock's readers.
class WheelBuilder {
 public:
  using Edit = std::function<std::string(std::string)>;

  explicit WheelBuilder(std::string name, std::string version = "1.0",
                        std::string tag = "py3-none-any");

  /// A file of the wheel's root: what site-packages gets.
  WheelBuilder& file(std::string path, std::string content, unsigned mode = 0644);
  /// A file of NAME-VERSION.data/KIND/.
  WheelBuilder& data(const std::string& kind, const std::string& path, std::string content,
                     unsigned mode = 0644);
  WheelBuilder& command(std::string line);      ///< Of console_scripts: "hello = hello:main".
  WheelBuilder& gui_command(std::string line);  ///< Of gui_scripts.
  /// A file of the .dist-info, in place of the one that would be made.
  WheelBuilder& info(const std::string& name, std::string content);
  WheelBuilder& without_info(const std::string& name);
  WheelBuilder& not_pure();         ///< Root-Is-Purelib: false.
  WheelBuilder& record(Edit edit);  ///< Changes RECORD, as it would be written.
  WheelBuilder& stored();           ///< No member is deflated.
  /// Members that follow the regular ones; RECORD does not know them.
  WheelBuilder& raw(ZipMember member);

  [[nodiscard]] std::string file_name() const;           ///< "hello-1.0-py3-none-any.whl"
  [[nodiscard]] std::string dist_info() const;           ///< "hello-1.0.dist-info"
  [[nodiscard]] std::vector<ZipMember> members() const;  ///< To be changed and given to zip_of.
  [[nodiscard]] std::string build(const ZipShape& shape = {}) const;

 private:
  struct File {
    std::string path, content;
    unsigned mode = 0644;
  };
  [[nodiscard]] std::vector<File> all_files() const;
  WheelBuilder& put(File file);

  std::string name_, version_, tag_;
  bool is_pure_ = true, is_deflated_ = true;
  std::vector<File> files_, infos_;
  std::vector<std::string> left_out_, commands_, gui_commands_;
  std::vector<ZipMember> raw_;
  Edit edit_record_;
};

/// A member whose data is deflated; the headers tell its true size.
ZipMember deflated(std::string name, std::string_view content);

/// "sha256=..." as RECORD has it.
std::string record_hash(std::string_view content);

}  // namespace envlock::test
