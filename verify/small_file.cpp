#include "verify/small_file.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "model/c_handle.hpp"

namespace envlock {

SmallFile read_small_file(int folder_fd, const std::string& path, std::size_t max_bytes,
                          BeneathMethod method) {
  const UniqueFd fd = open_beneath(folder_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, method);
  if (!fd) {
    if (errno == ENOENT) return {};
    return {std::nullopt, errno == ELOOP ? "it is a symbolic link" : std::strerror(errno)};
  }
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return {std::nullopt, std::strerror(errno)};
  if (!S_ISREG(facts.st_mode)) return {std::nullopt, "it is no regular file"};
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size > max_bytes) return {std::nullopt, "it has " + std::to_string(size) + " bytes"};
  std::string text(size + 1, '\0');  // the byte more shows that it grew
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {std::nullopt, std::strerror(errno)};
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  if (used > size) return {std::nullopt, "it grew while it was read"};
  text.resize(used);
  return {std::move(text), {}};
}

bool list_folder(int folder_fd, std::vector<std::string>& names) {
  UniqueFd own(::openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return false;
  const std::unique_ptr<DIR, CFree<&closedir>> listing(::fdopendir(own.get()));
  if (!listing) return false;
  (void)own.release();  // `listing` closes it
  for (;;) {
    errno = 0;
    const dirent* const found = ::readdir(listing.get());
    if (found == nullptr) return errno == 0;
    const std::string name = found->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
}

}  // namespace envlock
