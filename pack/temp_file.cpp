#include "pack/temp_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>

#include "model/error.hpp"

namespace envlock {
namespace {

namespace fs = std::filesystem;

std::string folder_above(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string hidden_name(const std::string& path) {
  std::random_device random;
  return folder_above(path) + "/." + fs::path(path).filename().string() + '.' +
         std::to_string(random()) + ".envlock-partial";
}

void sync_folder(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) (void)::fsync(fd.get());  // not every file system has it for folders
}

}  // namespace

TempFile::TempFile(std::string path) : path_(std::move(path)) {
  const std::string folder = folder_above(path_);
  fd_ = UniqueFd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd_) return;
  if (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == EROFS)
    throw IoError("cannot write into '" + folder + "'", errno);
  hidden_ = hidden_name(path_);
  fd_ = UniqueFd(::open(hidden_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd_) throw IoError("cannot write into '" + folder + "'", errno);
}

TempFile::~TempFile() {
  if (!hidden_.empty()) ::unlink(hidden_.c_str());
}

void TempFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_.get(), bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw IoError("cannot write '" + path_ + "'", errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void TempFile::skip(std::uint64_t bytes) {
  if (::lseek(fd_.get(), static_cast<off_t>(bytes), SEEK_CUR) < 0)
    throw IoError("cannot write '" + path_ + "'", errno);
}

void TempFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      throw IoError("cannot write '" + path_ + "'", errno);
    }
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

bool TempFile::link_as(const std::string& name) {
  const std::string self = "/proc/self/fd/" + std::to_string(fd_.get());
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
  if (errno == EEXIST) return false;
  throw IoError("cannot write '" + path_ + "'", errno);
}

void TempFile::publish(bool executable, bool replace) {
  if (::fchmod(fd_.get(), executable ? 0755 : 0644) != 0 || ::fsync(fd_.get()) != 0)
    throw IoError("cannot write '" + path_ + "'", errno);
  if (hidden_.empty()) {
    // Its name is the first that it gets, so that a kill cannot leave another one. Only a file that
    // is replaced needs two steps, because a link replaces nothing.
    if (link_as(path_)) return sync_folder(folder_above(path_));
    if (!replace) throw IoError("cannot write '" + path_ + "'", EEXIST);
    const std::string name = hidden_name(path_);
    if (!link_as(name)) throw IoError("cannot write '" + path_ + "'", EEXIST);
    hidden_ = name;
  }
  const unsigned flags = replace ? 0U : static_cast<unsigned>(RENAME_NOREPLACE);
  int failed = ::renameat2(AT_FDCWD, hidden_.c_str(), AT_FDCWD, path_.c_str(), flags);
  if (failed != 0 && errno == EINVAL && !replace) {  // a file system that cannot tell
    if (::access(path_.c_str(), F_OK) == 0) {
      errno = EEXIST;
    } else {
      failed = ::rename(hidden_.c_str(), path_.c_str());
    }
  }
  if (failed != 0) throw IoError("cannot write '" + path_ + "'", errno);
  hidden_.clear();
  sync_folder(folder_above(path_));
}

}  // namespace envlock
