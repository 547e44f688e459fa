#include "pack/directory_sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "model/error.hpp"
#include "pack/prefix_file.hpp"

namespace envlock {
namespace {

class WrittenFile final : public TreeSink::File {
 public:
  WrittenFile(UniqueFd fd, std::int64_t mtime_s, std::string shown)
      : fd_(std::move(fd)), mtime_s_(mtime_s), shown_(std::move(shown)) {}

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd_.get(), bytes.data(), bytes.size());
      if (count < 0) {
        if (errno == EINTR) continue;
        throw IoError("cannot write '" + shown_ + "'", errno);
      }
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  void close() override {
    std::array<timespec, 2> times{};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = mtime_s_;
    if (::futimens(fd_.get(), times.data()) != 0)
      throw IoError("cannot set the time of '" + shown_ + "'", errno);
    // NFS and quotas may tell of a failed write only now.
    if (::close(fd_.release()) != 0) throw IoError("cannot write '" + shown_ + "'", errno);
  }

 private:
  UniqueFd fd_;
  std::int64_t mtime_s_;
  std::string shown_;
};

}  // namespace

UniqueFd open_folder(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) throw IoError("cannot open the folder '" + path + "'", errno);
  return fd;
}

DirectorySink::DirectorySink(UniqueFd root, std::string shown)
    : root_(std::move(root)), shown_(std::move(shown)) {}

void DirectorySink::fail(const std::string& what, const std::string& path, int error_number) const {
  throw IoError("cannot " + what + " '" + shown_ + '/' + path + "'", error_number);
}

UniqueFd DirectorySink::folder(const std::string& path) const {
  UniqueFd folder = make_folder_beneath(root_.get(), path);
  if (!folder) fail("make the folder", path, errno);
  return folder;
}

void DirectorySink::directory(const std::string& path) { (void)folder(path); }

std::unique_ptr<TreeSink::File> DirectorySink::file(const TreeFile& file) {
  const std::string& path = file.path;
  const PathParts parts = split_path(path);
  const UniqueFd above = folder(parts.folder);
  const mode_t mode = file.executable ? 0755 : 0644;
  UniqueFd fd(::openat(above.get(), parts.name.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) fail("make", path, errno);
  struct stat made {};
  if (::fstat(fd.get(), &made) != 0) fail("look at", path, errno);
  if ((made.st_mode & 07777U) != mode && ::fchmod(fd.get(), mode) != 0)
    fail("set the mode of", path, errno);
  return std::make_unique<WrittenFile>(std::move(fd), file.mtime_s, shown_ + '/' + path);
}

void DirectorySink::link(const std::string& path, const std::string& target,
                         std::int64_t /*mtime_s*/) {
  const PathParts parts = split_path(path);
  const UniqueFd above = folder(parts.folder);
  if (::symlinkat(target.c_str(), above.get(), parts.name.c_str()) != 0)
    fail("make the link", path, errno);
}

}  // namespace envlock
