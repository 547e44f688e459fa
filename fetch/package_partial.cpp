#include "fetch/package_partial.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "model/error.hpp"

namespace envlock {

namespace {

using std::chrono::steady_clock;

[[noreturn]] void fail(const PackageFolder& folder, const std::string& name) {
  throw IoError("cannot write in the cache: '" + folder.path_of(name).string() + "'", errno,
                "name another folder with --cache-dir");
}

struct stat status_of(const UniqueFd& fd) {
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw IoError("cannot read a file of the cache", errno);
  return status;
}

/// Only a file of this user alone is written to; a link or a file with a second name would lead the
/// bytes elsewhere.
bool is_private_file(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && status.st_nlink <= 1 &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// @param is_new  set to whether this call made the file
UniqueFd open_private(const PackageFolder& folder, const std::string& name, bool& is_new) {
  constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  for (const bool again : {true, false}) {
    UniqueFd fd(::openat(folder.fd(), name.c_str(), flags | O_EXCL, 0600));
    is_new = static_cast<bool>(fd);
    if (!fd && errno == EEXIST) fd = UniqueFd(::openat(folder.fd(), name.c_str(), flags, 0600));
    if (fd && is_private_file(status_of(fd))) return fd;
    const bool replaceable = fd || errno == ELOOP || errno == EACCES || errno == ENXIO;
    if (!again || !replaceable) break;
    folder.remove(name);
    errno = 0;
  }
  fail(folder, name);
}

bool is_still_named(const PackageFolder& folder, const std::string& name, const UniqueFd& fd) {
  struct stat named {};
  if (::fstatat(folder.fd(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0) return false;
  const struct stat open = status_of(fd);
  return named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

OpenPartial open_alone(const PackageFolder& folder, const std::string& name) {
  std::string path = folder.path_of(name).string() + "-XXXXXX";
  UniqueFd fd(::mkostemp(path.data(), O_CLOEXEC));  // made with O_EXCL and mode 0600
  if (!fd) fail(folder, name);
  ::flock(fd.get(), LOCK_EX | LOCK_NB);  // only tells remove_partial that somebody is at work
  return {.fd = std::move(fd),
          .name = std::filesystem::path(path).filename().string(),
          .is_ours_alone = true,
          .is_new = true};
}

}  // namespace

std::optional<OpenPartial> open_partial(const PackageFolder& folder, const std::string& package,
                                        std::chrono::milliseconds stall_patience,
                                        const std::stop_token& stop) {
  constexpr std::chrono::milliseconds pause{20};
  const std::string name = package + std::string(partial_suffix);
  bool is_new = false;
  UniqueFd fd = open_private(folder, name, is_new);
  off_t seen_bytes = status_of(fd).st_size;
  auto give_up = steady_clock::now() + stall_patience;
  // Not a blocking flock: that could not be interrupted.
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (stop.stop_requested()) throw Interrupted();
    if (error != EWOULDBLOCK && error != EINTR) return open_alone(folder, name);
    if (!is_still_named(folder, name, fd)) return std::nullopt;
    const off_t bytes = status_of(fd).st_size;
    if (bytes != seen_bytes) give_up = steady_clock::now() + stall_patience;
    seen_bytes = bytes;
    if (steady_clock::now() >= give_up) return open_alone(folder, name);
    std::this_thread::sleep_for(pause);
  }
  if (!is_still_named(folder, name, fd)) return std::nullopt;
  return OpenPartial{.fd = std::move(fd), .name = name, .is_ours_alone = false, .is_new = is_new};
}

bool remove_partial(const PackageFolder& folder, const std::string& name) {
  const UniqueFd fd(
      ::openat(folder.fd(), name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  // What cannot be opened so (a link, a file of somebody else) nobody writes to either.
  if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    constexpr std::chrono::hours abandoned{1};
    const auto written = std::chrono::system_clock::from_time_t(status_of(fd).st_mtim.tv_sec);
    if (std::chrono::system_clock::now() - written < abandoned) return false;
  }
  folder.remove(name + std::string(origin_suffix));  // first, as in PackageWriter
  folder.remove(name);
  return true;
}

}  // namespace envlock
