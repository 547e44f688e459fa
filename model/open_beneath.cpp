#include "model/open_beneath.hpp"

#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace envlock {
namespace {

UniqueFd open_with_openat2(int dir_fd, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  // The kernel refuses a mode where nothing can be made.
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long fd = ::syscall(SYS_openat2, dir_fd, path.c_str(), &how, sizeof how);
    // EAGAIN: a rename elsewhere raced with the walk; the answer is not known, not "no".
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) return UniqueFd(static_cast<int>(fd));
  }
}

UniqueFd open_one(int dir_fd, const std::string& name, int flags, mode_t mode) {
  for (;;) {
    const int fd = ::openat(dir_fd, name.c_str(), flags, mode);
    if (fd >= 0 || errno != EINTR) return UniqueFd(fd);
  }
}

UniqueFd open_component_wise(int dir_fd, const std::string& path, int flags, mode_t mode) {
  UniqueFd folder;
  int at = dir_fd;
  std::string_view rest = path;
  for (;;) {
    const std::size_t slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    if (name.empty() || name == "..") {
      errno = EXDEV;  // what openat2 answers
      return {};
    }
    if (slash == std::string_view::npos) return open_one(at, name, flags, mode);
    UniqueFd next = open_one(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (!next) return {};
    folder = std::move(next);
    at = folder.get();
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace

UniqueFd open_beneath(int dir_fd, const std::string& path, int flags, mode_t mode,
                      BeneathMethod method) {
  flags |= O_CLOEXEC | O_NOFOLLOW;
  if (method == BeneathMethod::automatic) {
    UniqueFd fd = open_with_openat2(dir_fd, path, flags, mode);
    // EINVAL and E2BIG: a kernel that knows the call, but not these rules.
    if (fd || (errno != ENOSYS && errno != EPERM && errno != EINVAL && errno != E2BIG)) return fd;
  }
  return open_component_wise(dir_fd, path, flags, mode);
}

}  // namespace envlock
