#include "pack/prefix_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "model/error.hpp"
#include "model/open_beneath.hpp"

namespace envlock {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 30U;

void write_all(int fd, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) throw IoError("cannot write " + name, errno);
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

PathParts split_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

UniqueFd make_folder_beneath(int root_fd, const std::string& path) {
  constexpr int flags = O_RDONLY | O_DIRECTORY;
  UniqueFd folder = open_beneath(root_fd, path, flags);
  if (folder || errno != ENOENT || path == ".") return folder;
  const PathParts parts = split_path(path);
  const UniqueFd above = make_folder_beneath(root_fd, parts.folder);
  if (!above) return {};
  const bool made = ::mkdirat(above.get(), parts.name.c_str(), 0755) == 0;
  // Another thread may have been faster.
  if (!made && errno != EEXIST) return {};
  folder = open_beneath(root_fd, path, flags);
  if (folder && made && ::fchmod(folder.get(), 0755) != 0) return {};
  return folder;
}

std::optional<std::string> read_prefix_file(int root_fd, const std::string& path,
                                            const std::string& shown) {
  const UniqueFd fd = open_beneath(root_fd, path, O_RDONLY | O_NONBLOCK);
  const std::string name = "'" + shown + '/' + path + "'";
  if (!fd) {
    if (errno == ENOENT) return {};
    throw IoError("cannot read " + name, errno);
  }
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) throw IoError("cannot read " + name, errno);
  if (!S_ISREG(facts.st_mode)) throw IoError(name + " is no regular file");
  if (static_cast<std::uint64_t>(facts.st_size) > max_file_bytes)
    throw IoError(name + " has " + std::to_string(facts.st_size) + " bytes, more than it may");
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t count = ::read(fd.get(), text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError("cannot read " + name, errno);
    if (count == 0) break;
    at += static_cast<std::size_t>(count);
  }
  text.resize(at);
  return text;
}

void replace_prefix_file(int root_fd, const std::string& path, std::string_view text,
                         const std::string& shown) {
  const PathParts parts = split_path(path);
  const std::string name = "'" + shown + '/' + path + "'";
  const UniqueFd folder = make_folder_beneath(root_fd, parts.folder);
  if (!folder) throw IoError("cannot make the folder of " + name, errno);
  const std::string beside = parts.name + ".envlock-new";
  ::unlinkat(folder.get(), beside.c_str(), 0);
  UniqueFd fd(::openat(folder.get(), beside.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) throw IoError("cannot write " + name, errno);
  write_all(fd.get(), text, name);
  if (::fchmod(fd.get(), 0644) != 0 || ::fsync(fd.get()) != 0 || ::close(fd.release()) != 0 ||
      ::renameat(folder.get(), beside.c_str(), folder.get(), parts.name.c_str()) != 0 ||
      ::fsync(folder.get()) != 0)
    throw IoError("cannot write " + name, errno);
}

}  // namespace envlock
