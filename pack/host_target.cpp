#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "model/error.hpp"
#include "model/unique_fd.hpp"
#include "pack/host_probe.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

struct FileSystem {
  std::uint32_t magic;  ///< linux/magic.h, or that of the file system's own project.
  std::string_view name;
};
constexpr std::array<FileSystem, 24> file_systems{{
    {0xEF53, "ext4"},        {0x58465342, "xfs"},   {0x9123683E, "btrfs"},    {0x01021994, "tmpfs"},
    {0x794C7630, "overlay"}, {0x6969, "nfs"},       {0x0BD00BD0, "lustre"},   {0x47504653, "gpfs"},
    {0x19830326, "beegfs"},  {0x00C36400, "ceph"},  {0x65735546, "fuse"},     {0x2FC12FC1, "zfs"},
    {0x4D44, "vfat"},        {0x2011BAB0, "exfat"}, {0x7366746E, "ntfs3"},    {0xFF534D42, "cifs"},
    {0xFE534D42, "smb"},     {0x01021997, "9p"},    {0x73717368, "squashfs"}, {0x858458F6, "ramfs"},
    {0xF2F52010, "f2fs"},    {0x9660, "iso9660"},   {0xCA451A4E, "bcachefs"}, {0x5346414F, "afs"},
}};

struct Nearest {
  fs::path path;
  bool blocked = false;  ///< Nobody comes from here to the folder: no rights, or a loop of links.
};

Nearest nearest_to(const fs::path& folder) {
  Nearest nearest{folder};
  for (;; nearest.path = nearest.path.parent_path()) {
    struct stat status {};
    if (::stat(nearest.path.c_str(), &status) == 0) return nearest;
    if (errno == EACCES || errno == ELOOP) {
      nearest.blocked = true;
    } else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) {
      throw IoError("cannot look at '" + nearest.path.string() + "'", errno);
    }
    if (!nearest.path.has_relative_path()) return nearest;
  }
}

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// `name` with every ASCII letter in the other case; empty where it has none.
std::string other_case(std::string name) {
  bool changed = false;
  for (char& c : name) {
    if (!is_letter(c)) continue;
    c = static_cast<char>(static_cast<unsigned char>(c) ^ 0x20U);
    changed = true;
  }
  return changed ? name : std::string();
}

/// Whether `name` and its other case are one thing; nothing where that cannot be said.
std::optional<bool> is_one_thing(int folder, const std::string& name) {
  const std::string other = other_case(name);
  struct stat first {};
  struct stat second {};
  if (other.empty() || ::fstatat(folder, name.c_str(), &first, AT_SYMLINK_NOFOLLOW) != 0)
    return std::nullopt;
  if (::fstatat(folder, other.c_str(), &second, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? std::optional<bool>(false) : std::nullopt;
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

std::optional<bool> case_insensitive(const fs::path& folder, bool writable) {
  constexpr int max_entries = 256;
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::error_code fault;
  int seen = 0;
  for (fs::directory_iterator entry(folder, fault), end;
       !fault && entry != end && seen < max_entries; entry.increment(fault), ++seen) {
    if (const auto one = is_one_thing(fd.get(), entry->path().filename().string())) return one;
  }
  if (!writable) return std::nullopt;
  const std::string name = ".envlock-case-" + std::to_string(::getpid());
  const UniqueFd made(
      ::openat(fd.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made) return std::nullopt;
  const auto one = is_one_thing(fd.get(), name);
  (void)::unlinkat(fd.get(), name.c_str(), 0);
  return one;
}

}  // namespace

HostTarget describe_target(const fs::path& folder) {
  HostTarget target;
  target.path = folder.lexically_normal().string();
  const auto [nearest, blocked] = nearest_to(target.path);
  struct statvfs space {};
  if (::statvfs(nearest.c_str(), &space) != 0)
    throw IoError("cannot ask the file system of '" + nearest.string() + "'", errno);
  target.free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
  // btrfs and others make inodes as they are needed, and say 0 of 0.
  if (space.f_files > 0) target.free_inodes = space.f_favail;
  target.noexec = (space.f_flag & ST_NOEXEC) != 0;
  std::error_code fault;
  const bool is_folder = fs::is_directory(nearest, fault);
  target.writable = is_folder && !blocked && (space.f_flag & ST_RDONLY) == 0 &&
                    ::faccessat(AT_FDCWD, nearest.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
  target.case_insensitive = case_insensitive(nearest, *target.writable);
  struct statfs kind {};
  if (::statfs(nearest.c_str(), &kind) == 0) {
    for (const FileSystem& one : file_systems) {
      if (one.magic == static_cast<std::uint32_t>(kind.f_type)) target.file_system = one.name;
    }
  }
  if (space.f_namemax > 0) target.name_bytes = space.f_namemax;
  target.path_bytes = PATH_MAX - 1;
  return target;
}

}  // namespace envlock
