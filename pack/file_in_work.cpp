#include "pack/file_in_work.hpp"

#include <utility>

namespace envlock {

FileInWork::FileInWork(const PlannedFile& planned, const AssembleSettings& settings,
                       std::unique_ptr<TreeSink::File> out)
    : planned_(planned), out_(std::move(out)), is_rewritten_(!settings.prefix.empty()) {
  if (settings.read_elf_needs) elf_.emplace();
  if (planned.placeholder.empty()) return;
  // As packaged, the placeholder is only looked for: no prefix is shorter than "/".
  relocator_.emplace(planned.placeholder, planned.placeholder_mode,
                     is_rewritten_ ? settings.prefix : "/",
                     [this](std::span<const std::byte> bytes) {
                       if (!is_rewritten_) return;
                       installed_.update(bytes);
                       out_->write(bytes);
                     });
}

void FileInWork::write(std::span<const std::byte> bytes) {
  size_bytes_ += bytes.size();
  packaged_.update(bytes);
  if (elf_) elf_->feed(bytes);
  if (relocator_) relocator_->feed(bytes);
  if (!relocator_ || !is_rewritten_) out_->write(bytes);
}

std::optional<std::string> FileInWork::finish(AssembledFile& done) {
  done.size_bytes = size_bytes_;
  done.sha256 = packaged_.finish();
  if (elf_) done.elf = elf_->finish();
  if (relocator_) done.placeholder = relocator_->finish();
  done.sha256_in_prefix = relocator_ && is_rewritten_ ? installed_.finish() : done.sha256;
  if (planned_.size_bytes && *planned_.size_bytes != size_bytes_) {
    return "expected " + std::to_string(*planned_.size_bytes) + " bytes, found " +
           std::to_string(size_bytes_);
  }
  if (planned_.sha256 && *planned_.sha256 != done.sha256)
    return "expected sha256 " + planned_.sha256->hex() + ", found " + done.sha256.hex();
  out_->close();
  return {};
}

std::unique_ptr<FileInWork> open_planned(const PlannedFile& planned,
                                         const AssembleSettings& settings, TreeSink& sink,
                                         bool executable, std::uint64_t size_bytes,
                                         std::int64_t mtime_s) {
  TreeFile file{.path = planned.path, .executable = executable, .mtime_s = mtime_s};
  const bool may_grow = !planned.placeholder.empty() && !settings.prefix.empty() &&
                        planned.placeholder_mode == PlaceholderMode::text;
  if (!may_grow) file.size_bytes = size_bytes;
  return std::make_unique<FileInWork>(planned, settings, sink.file(file));
}

}  // namespace envlock
