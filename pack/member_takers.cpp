#include "pack/member_takers.hpp"

#include <utility>

#include "pack/refusal.hpp"

namespace envlock {

InfoTaker::InfoTaker(const std::string& package, TarKind kind, std::uint64_t max_file_bytes)
    : package_(package), kind_(kind), max_file_bytes_(max_file_bytes), rules_(package, false) {}

std::optional<std::string>* InfoTaker::text_of(std::string_view path) {
  if (path == "info/index.json") return &files_.index_json;
  if (path == "info/paths.json") return &files_.paths_json;
  if (path == "info/link.json") return &files_.link_json;
  if (path == "info/files") return &files_.files;
  if (path == "info/has_prefix") return &files_.has_prefix;
  if (path == "info/no_link") return &files_.no_link;
  return nullptr;
}

void InfoTaker::member(TarMember member) {
  current_ = nullptr;
  const auto entry = rules_.judge(member);
  if (!entry) return;
  if (kind_ == TarKind::info && !is_info_path(entry->path))
    refuse(package_, entry->path, "stands in the info member, expected in the pkg member", "Z07");
  std::optional<std::string>* const text = text_of(entry->path);
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
  } else if (entry && kind_ == TarKind::pkg && entry->kind != ArchiveEntry::Kind::directory) {
    // Two places could say different things of the package (CF 7.2).
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
