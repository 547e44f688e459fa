#include "verify/tracked_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "model/package_info.hpp"
#include "model/relocation.hpp"
#include "model/text.hpp"
#include "verify/file_digest.hpp"

namespace envlock {
namespace {

/// Reading so much takes long enough that a thread should not start with it last.
constexpr std::uint64_t large_bytes = 8U << 20U;
/// What is read of a file that is wrong already, to say what an acceptance would bind to.
constexpr std::uint64_t max_evidence_bytes = 64U << 20U;

std::string bytes_text(std::uint64_t size) { return counted(size, "byte"); }

/// What the file has when it is installed at `prefix`.
std::uint64_t size_at(const ExpectedFile& file, std::string_view prefix) {
  const std::uint64_t packaged = file.size_bytes.value_or(0);
  return file.placeholder == nullptr ? packaged
                                     : installed_size(*file.placeholder, packaged, prefix);
}

struct Comparison {
  ReadEnd end = ReadEnd::failed;
  bool equal = false;
  std::optional<Sha256> installed;  ///< Of the file's own bytes, where that was computed.
};

Comparison compare_plain(const ExpectedFile& file, const OpenedEntry& opened,
                         std::span<std::byte> space) {
  Sha256Hasher hasher;
  Comparison result;
  result.end = read_whole(opened.fd.get(), opened.facts, space,
                          [&](std::span<const std::byte> bytes) { hasher.update(bytes); });
  if (result.end != ReadEnd::whole) return result;
  result.installed = hasher.finish();
  result.equal = result.installed == file.sha256;
  return result;
}

Comparison compare_relocated(const ExpectedFile& file, const std::string& prefix,
                             const OpenedEntry& opened, std::span<std::byte> space) {
  Sha256Hasher packaged;
  Restorer restorer(*file.placeholder, prefix,
                    [&](std::span<const std::byte> bytes) { packaged.update(bytes); });
  Comparison result;
  result.end = read_whole(opened.fd.get(), opened.facts, space,
                          [&](std::span<const std::byte> bytes) { restorer.feed(bytes); });
  if (result.end != ReadEnd::whole) return result;
  result.equal = restorer.finish() && packaged.finish() == file.sha256;
  return result;
}

}  // namespace

std::string_view file_kind(mode_t mode) noexcept {
  switch (mode & static_cast<mode_t>(S_IFMT)) {
    case S_IFREG:
      return "a file";
    case S_IFDIR:
      return "a folder";
    case S_IFLNK:
      return "a symbolic link";
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a device";
  }
}

std::optional<std::string> link_text(int folder_fd, const char* name) {
  std::array<char, 4097> text{};
  const ssize_t length = ::readlinkat(folder_fd, name, text.data(), text.size());
  if (length < 0) return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(length));
}

TrackedFiles::TrackedFiles(CheckContext& context)
    : context_(context), seen_(context.tree.files().size()) {}

std::vector<std::string> TrackedFiles::large_files() const {
  std::vector<const ExpectedFile*> large;
  for (const ExpectedFile& file : context_.tree.files()) {
    if (file.size_bytes.value_or(0) >= large_bytes) large.push_back(&file);
  }
  std::ranges::stable_sort(large, [](const ExpectedFile* a, const ExpectedFile* b) {
    return *a->size_bytes > *b->size_bytes;
  });
  std::vector<std::string> paths;
  paths.reserve(large.size());
  for (const ExpectedFile* file : large) paths.emplace_back(file->path);
  return paths;
}

Finding TrackedFiles::finding(std::string_view rule, const ExpectedFile& file) const {
  Finding made = make_finding(verify_rules(), rule, std::string(file.path));
  made.package = context_.tree.packages()[file.package].label();
  return made;
}

void TrackedFiles::check(const ExpectedFile& file, const WalkEntry& entry,
                         const OpenedEntry* opened) {
  if (seen(file).exchange(true)) return;
  const mode_t mode = entry.facts.st_mode;
  switch (file.type) {
    case PathType::directory:
      block(file.path);
      return wrong_type(file, std::string(file_kind(mode)));
    case PathType::link:
      return S_ISLNK(mode) ? check_link(file, entry)
                           : wrong_type(file, std::string(file_kind(mode)));
    case PathType::file:
      break;
  }
  if (!S_ISREG(mode)) {
    std::string found(file_kind(mode));
    if (S_ISLNK(mode)) {
      if (const auto target = link_text(entry.folder_fd, entry.name)) found += " to " + *target;
    }
    return wrong_type(file, std::move(found));
  }
  if (opened == nullptr || opened->replaced) return raced(file);
  if (opened->error_number == ENOENT) {
    seen(file) = false;  // gone between listing and opening: missing
    return;
  }
  if (!opened->fd) {
    return unreadable(file, opened->error_number,
                      "the file cannot be opened, so nothing is known of its content");
  }
  if (file.sha256 && !file.is_byte_code) check_content(file, entry, *opened);
}

void TrackedFiles::check_link(const ExpectedFile& file, const WalkEntry& entry) {
  const std::optional<std::string> target = link_text(entry.folder_fd, entry.name);
  if (!target) return raced(file);
  ++context_.files_checked;
  if (file.target && *target == *file.target) {
    ++context_.files_right;
    return;
  }
  // Where nobody knows what it should be: no package's link leaves its prefix.
  if (!file.target && !link_target_fault(file.path, *target)) return;
  Finding changed = finding("changed-link", file);
  changed.expected = file.target ? std::string(*file.target) : "a link to a place in the prefix";
  changed.found = *target;
  changed.message = file.target ? "the link points elsewhere than packaged"
                                : "the link leaves the prefix, which no package's link does";
  changed.sha256 = sha256_of(*target);
  context_.findings.add(std::move(changed));
}

void TrackedFiles::check_content(const ExpectedFile& file, const WalkEntry& entry,
                                 const OpenedEntry& opened) {
  ++context_.files_checked;
  const auto found_size = static_cast<std::uint64_t>(opened.facts.st_size);
  const std::vector<std::string>& prefixes = context_.prefixes;
  // The prefix that fitted last fits again, unless the tree was put together from two.
  const std::size_t first = likely_prefix_;
  const std::size_t tries = file.placeholder == nullptr ? 1 : prefixes.size();
  bool was_read = false;
  std::optional<Sha256> installed;
  for (std::size_t i = 0; i < tries; ++i) {
    const std::size_t which = (first + i) % prefixes.size();
    if (file.size_bytes && size_at(file, prefixes[which]) != found_size) continue;
    if (was_read && ::lseek(opened.fd.get(), 0, SEEK_SET) != 0) break;
    was_read = true;
    const Comparison result = file.placeholder == nullptr
                                  ? compare_plain(file, opened, entry.space)
                                  : compare_relocated(file, prefixes[which], opened, entry.space);
    context_.bytes_hashed += found_size;
    if (result.end == ReadEnd::changed) return raced(file);
    if (result.end == ReadEnd::failed)
      return unreadable(file, errno, "the file cannot be read to its end");
    if (result.equal) {
      ++context_.files_right;
      likely_prefix_ = which;
      const auto& made_for = context_.moved.made_for();
      if (file.placeholder != nullptr && !file.placeholder->offsets.empty())
        context_.moved.add_unpacked();
      if (made_for && file.placeholder != nullptr &&
          !is_same_at(*file.placeholder, prefixes[which], *made_for))
        context_.moved.add_at_home();
      return;
    }
    installed = result.installed;
  }
  const bool is_right_there = is_right_at_old_place(file, entry, opened);
  Finding changed = finding("changed-file", file);
  const auto evidence_limit = context_.hash_all_evidence ? UINT64_MAX : max_evidence_bytes;
  changed.sha256 = installed
                       ? installed
                       : file_digest(opened.fd.get(), opened.facts, entry.space, evidence_limit);
  if (was_read) {
    changed.expected = "sha256 " + file.sha256->hex();
    changed.found = changed.sha256 ? "sha256 " + changed.sha256->hex() : "other content";
    changed.message = file.is_script_product ? "it is not what the package's link script made"
                                             : "the content is not that of the package";
    if (file.placeholder != nullptr) {
      changed.expected += " with its prefix taken back";
      changed.message += " relocated to this prefix";
    }
  } else {
    changed.expected = bytes_text(size_at(file, prefixes[first]));
    changed.found = bytes_text(found_size);
    changed.message = file.is_script_product
                          ? "the size is not that of what the package's link script made"
                          : "the size is not that of the package's file";
  }
  if (!is_right_there && is_as_packaged(file, entry, opened)) {
    changed.message += "; it is as packed, with a placeholder for the prefix";
    return context_.moved.add_as_packaged(std::move(changed));
  }
  if (!is_right_there) return context_.findings.add(std::move(changed));
  changed.message += "; it is for the path that the environment was made for";
  context_.moved.add_right_there(std::move(changed));
}

bool TrackedFiles::is_right_at_old_place(const ExpectedFile& file, const WalkEntry& entry,
                                         const OpenedEntry& opened) {
  const auto& made_for = context_.moved.made_for();
  const auto found_size = static_cast<std::uint64_t>(opened.facts.st_size);
  if (!made_for || file.placeholder == nullptr || !file.size_bytes ||
      size_at(file, *made_for) != found_size || ::lseek(opened.fd.get(), 0, SEEK_SET) != 0)
    return false;
  context_.bytes_hashed += found_size;
  const Comparison result = compare_relocated(file, *made_for, opened, entry.space);
  return result.end == ReadEnd::whole && result.equal;
}

bool TrackedFiles::is_as_packaged(const ExpectedFile& file, const WalkEntry& entry,
                                  const OpenedEntry& opened) {
  if (file.placeholder == nullptr || file.placeholder->offsets.empty() ||
      file.size_bytes != static_cast<std::uint64_t>(opened.facts.st_size) ||
      ::lseek(opened.fd.get(), 0, SEEK_SET) != 0)
    return false;
  context_.bytes_hashed += *file.size_bytes;
  return compare_plain(file, opened, entry.space).equal;
}

void TrackedFiles::unreadable(const ExpectedFile& file, int error_number, std::string message) {
  Finding made = finding("unreadable", file);
  made.expected = "a file that can be read";
  made.found = std::strerror(error_number);
  made.message = std::move(message);
  context_.findings.add(std::move(made));
}

void TrackedFiles::wrong_type(const ExpectedFile& file, std::string found) {
  ++context_.files_checked;
  Finding changed = finding("changed-type", file);
  changed.expected = file.type == PathType::file   ? "a file"
                     : file.type == PathType::link ? "a symbolic link"
                                                   : "a folder";
  changed.sha256 = sha256_of(found);
  changed.found = std::move(found);
  changed.message = "something else is in the place of what was packaged";
  context_.findings.add(std::move(changed));
}

void TrackedFiles::is_folder(const ExpectedFile& file) {
  if (!seen(file).exchange(true)) wrong_type(file, "a folder");
}

void TrackedFiles::folder_replaced(const WalkEntry& entry) {
  block(entry.path);
  Finding changed = make_finding(verify_rules(), "changed-type", entry.path);
  changed.expected = "a folder";
  changed.found = file_kind(entry.facts.st_mode);
  if (S_ISLNK(entry.facts.st_mode)) {
    if (const auto target = link_text(entry.folder_fd, entry.name))
      changed.found += " to " + *target;
  }
  changed.sha256 = sha256_of(changed.found);
  changed.message = "a folder of packages was replaced; what they have below it was not looked for";
  context_.findings.add(std::move(changed));
}

void TrackedFiles::raced(const ExpectedFile& file) {
  Finding changed = finding("changed-while-read", file);
  changed.expected = "a file that nobody touches";
  changed.found = "it was replaced or written while it was looked at";
  changed.message = "the file changed while it was being checked";
  context_.findings.add(std::move(changed));
}

void TrackedFiles::finish() {
  const auto blocked = blocked_.lock();
  const auto is_blocked = [&](std::string_view path) {
    if (blocked->empty()) return false;
    for (std::string_view at = path;; at = folder_of(at)) {
      if (blocked->contains(at)) return true;
      if (at.empty()) return false;
    }
  };
  const std::vector<ExpectedFile>& files = context_.tree.files();
  const std::vector<ExpectedPackage>& packages = context_.tree.packages();
  std::vector<std::size_t> present(packages.size());
  std::vector<std::size_t> total(packages.size());
  std::vector<const ExpectedFile*> missing;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].may_be_missing) continue;
    ++total[files[i].package];
    if (seen_[i] || is_blocked(files[i].path)) {
      ++present[files[i].package];
    } else {
      missing.push_back(&files[i]);
    }
  }
  // What the installer adds by itself is no package that somebody could miss as a whole.
  const auto is_gone = [&](std::size_t package) {
    return present[package] == 0 && total[package] > 0 && packages[package].is_recorded;
  };
  for (std::size_t i = 0; i < packages.size(); ++i) {
    if (!is_gone(i)) continue;
    Finding gone = make_finding(verify_rules(), "missing-package", {}, packages[i].name);
    gone.package = packages[i].label();
    gone.expected = counted(total[i], "file");
    gone.found = "none of them";
    gone.message = "the package is not installed";
    gone.sha256 = sha256_of("absent");
    context_.findings.add(std::move(gone));
  }
  for (const ExpectedFile* file : missing) {
    if (is_gone(file->package)) continue;
    Finding gone = finding("missing-file", *file);
    gone.expected = file->type == PathType::file   ? "a file"
                    : file->type == PathType::link ? "a symbolic link"
                                                   : "a folder";
    gone.found = "nothing";
    gone.message = "it is not there";
    gone.sha256 = sha256_of("absent");
    context_.findings.add(std::move(gone));
  }
}

}  // namespace envlock
