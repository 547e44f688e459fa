#include "pack/member_takers.hpp"

#include <utility>

#include "model/package_index.hpp"
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

bool InfoTaker::has_enough() {
  // The last of them may have come in part.
  if (!files_.index_json || !files_.paths_json || current_ != nullptr) return false;
  if (files_.link_json) return true;
  if (!needs_link_) needs_link_ = !is_for_one_platform(*files_.index_json).value_or(false);
  return !*needs_link_;
}

ContentTaker::ContentTaker(const std::string& package, TarKind kind, const PackageIndex& index,
                           std::uint64_t max_file_bytes, ArchiveVisitor& visitor)
    : package_(package),
      kind_(kind),
      rules_(package, index.noarch != NoArch::none),
      index_(index),
      max_file_bytes_(max_file_bytes),
      visitor_(visitor) {}

void ContentTaker::member(TarMember member) {
  const auto entry = rules_.judge(member);
  is_wanted_ = entry && !is_info_path(entry->path);
  is_link_json_ = false;
  if (is_wanted_) {
    visitor_.begin(*entry);
  } else if (entry && kind_ == TarKind::pkg && decides(*entry)) {
    // CF 7.2. What nobody reads is passed over: conda's own tool files info/licenses there.
    refuse(package_, entry->path, "stands in the pkg member, expected in the info member", "Z07");
  } else if (entry && decides(*entry)) {
    // InfoTaker may have stopped before these.
    if (entry->kind != ArchiveEntry::Kind::file)
      refuse(package_, entry->path, "is no regular file", "A24");
    if (entry->path != "info/link.json") return;
    if (entry->size_bytes > max_file_bytes_)
      refuse(package_, entry->path, "is larger than allowed", "C01");
    is_link_json_ = true;
    link_json_.clear();
  }
}

void ContentTaker::data(std::span<const std::byte> bytes) {
  if (is_wanted_) visitor_.content(bytes);
  if (is_link_json_) link_json_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void ContentTaker::member_end() {
  if (is_wanted_) visitor_.end();
  if (is_link_json_) require_sound_link(link_json_, index_, package_);
}

}  // namespace envlock
