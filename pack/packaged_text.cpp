#include "pack/packaged_text.hpp"

#include <algorithm>

#include "model/error.hpp"
#include "pack/assemble.hpp"

namespace envlock {
namespace {

constexpr std::size_t max_text_bytes = std::size_t{1} << 20U;

/// Keeps the files below one folder and lets the rest go. One thread at a time.
class KeepingSink final : public TreeSink {
 public:
  explicit KeepingSink(std::string_view folder) : folder_(folder) {}

  void directory(const std::string& /*path*/) override {}
  std::unique_ptr<File> file(const TreeFile& file) override {
    class Kept final : public File {
     public:
      Kept(std::string* text, std::string path) : text_(text), path_(std::move(path)) {}
      void write(std::span<const std::byte> bytes) override {
        if (text_ == nullptr) return;
        if (bytes.size() > max_text_bytes - text_->size())
          throw TrustError("'" + path_ + "' has more than 1 MiB", "such files are settings");
        text_->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      }
      void close() override {}

     private:
      std::string* text_;
      std::string path_;
    };
    return std::make_unique<Kept>(file.path.starts_with(folder_) ? &texts[file.path] : nullptr,
                                  file.path);
  }
  void link(const std::string& /*path*/, const std::string& /*target*/,
            std::int64_t /*mtime_s*/) override {}

  std::map<std::string, std::string> texts;

 private:
  std::string_view folder_;
};

}  // namespace

std::map<std::string, std::string> packaged_texts(const TreePlan& plan, std::string_view folder,
                                                  const std::stop_token& stop) {
  AssembleSettings settings{.prefix = {}, .threads = 1, .wanted = {}};
  settings.wanted.assign(plan.packages.size() + 1, false);
  bool any = false;
  for (const PlannedFile& file : plan.files) {
    if (!file.path.starts_with(folder) || file.type != PathType::file) continue;
    settings.wanted[file.owners.front()] = true;
    any = true;
  }
  if (!any) return {};
  KeepingSink sink(folder);
  (void)assemble(plan, sink, settings, stop);
  return std::move(sink.texts);
}

void replace_own_file(TreePlan& plan, std::string_view path, std::string content) {
  const auto file = std::ranges::lower_bound(plan.files, path, {}, &PlannedFile::path);
  if (file == plan.files.end() || file->path != path || !file->source.empty())
    throw InternalError("'" + std::string(path) + "' is no file of the installer's own");
  file->sha256 = sha256_of(content);
  file->size_bytes = content.size();
  file->content = std::move(content);
}

}  // namespace envlock
