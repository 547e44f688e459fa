#include "pack/member_takers.hpp"

#include <utility>

#include "pack/refusal.hpp"

namespace envlock {
namespace {

/// Where the text of a file of info/ goes; null for those that are not read.
template <class Files>
auto text_of(Files& files, std::string_view path) -> decltype(&files.index_json) {
  if (path == "info/index.json") return &files.index_json;
  if (path == "info/paths.json") return &files.paths_json;
  if (path == "info/link.json") return &files.link_json;
  if (path == "info/files") return &files.files;
  if (path == "info/has_prefix") return &files.has_prefix;
  if (path == "info/no_link") return &files.no_link;
  return nullptr;
}

/// Whether two members that have it could say different things of a package.
bool decides(const ArchiveEntry& entry) {
  const PackageInfoFiles none;
  return text_of(none, entry.path) != nullptr ||
         (entry.path == "info" && entry.kind != ArchiveEntry::Kind::directory);
}

}  // namespace

InfoTaker::InfoTaker(const std::string& package, TarKind kind, std::uint64_t max_file_bytes)
    : package_(package), kind_(kind), max_file_bytes_(max_file_bytes), rules_(package, false) {}

void InfoTaker::member(TarMember member) {
  current_ = nullptr;
  const auto entry = rules_.judge(member);
  if (!entry) return;
  if (kind_ == TarKind::info && !is_info_path(entry->path))
    refuse(package_, entry->path, "stands in the info member, expected in the pkg member", "Z07");
  std::optional<std::string>* const text = text_of(files_, entry->path);
  if (text == nullptr) return;
  if (entry->kind != ArchiveEntry::Kind::file)
    refuse(package_, entry->path, "is no regular file", "A24");
  if (entry->size_bytes > max_file_bytes_)
    refuse(package_, entry->path,
           "has " + std::to_string(entry->size_bytes) + " bytes, allowed are " +
               std::to_string(max_file_bytes_),
           "C01");
  // Not reserved: the size is only what a header says.
  current_ = &text->emplace();
}

void InfoTaker::data(std::span<const std::byte> bytes) {
  if (current_ != nullptr)
    current_->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

bool InfoTaker::has_enough() const noexcept {
  // The last of them may have come in part.
  return files_.index_json && files_.paths_json && files_.link_json && current_ == nullptr;
}

ContentTaker::ContentTaker(const std::string& package, TarKind kind, bool one_case,
                           ArchiveVisitor& visitor)
    : package_(package), kind_(kind), rules_(package, one_case), visitor_(visitor) {}

void ContentTaker::member(TarMember member) {
  const auto entry = rules_.judge(member);
  is_wanted_ = entry && !is_info_path(entry->path);
  if (is_wanted_) {
    visitor_.begin(*entry);
  } else if (entry && kind_ == TarKind::pkg && decides(*entry)) {
    // CF 7.2. What nobody reads is passed over: conda's own tool files info/licenses there.
    refuse(package_, entry->path, "stands in the pkg member, expected in the info member", "Z07");
  }
}

void ContentTaker::data(std::span<const std::byte> bytes) {
  if (is_wanted_) visitor_.content(bytes);
}

void ContentTaker::member_end() {
  if (is_wanted_) visitor_.end();
}

}  // namespace envlock
