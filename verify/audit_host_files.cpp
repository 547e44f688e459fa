#include "verify/audit_host_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>

#include "model/c_handle.hpp"
#include "model/unique_fd.hpp"
#include "verify/audit_text.hpp"

namespace envlock {
namespace {

HostFile failed(int error) {
  HostFile file;
  if (error == ENOENT || error == ENOTDIR) return file;
  file.is_denied = error == EACCES || error == EPERM;
  file.fault = std::generic_category().message(error);
  return file;
}

/// Reads until the end or one byte more than `max_bytes`. @return an errno value, 0 for success
int read_up_to(int fd, std::size_t max_bytes, std::string& out) {
  constexpr std::size_t step = 64 * 1024;
  while (out.size() <= max_bytes) {
    const std::size_t done = out.size();
    out.resize(done + std::min(step, max_bytes + 1 - done));
    const ssize_t got = ::read(fd, out.data() + done, out.size() - done);
    out.resize(done + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno != EINTR) return errno;
    if (got == 0) return 0;
  }
  return 0;
}

}  // namespace

HostFile read_host_file(const std::string& path, std::size_t max_bytes, bool may_have_nul) {
  struct stat entry {};
  struct stat status {};
  if (::lstat(path.c_str(), &entry) != 0 || ::stat(path.c_str(), &status) != 0) {
    return failed(errno);
  }
  HostFile file;
  // Before it is opened: to open a device can do something.
  if (!S_ISREG(status.st_mode)) {
    file.fault = not_regular_fault;
    return file;
  }
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd || ::fstat(fd.get(), &status) != 0) return failed(errno);
  file.mode = status.st_mode & 07777U;
  file.owner = status.st_uid;
  if (!S_ISREG(status.st_mode)) {
    file.fault = not_regular_fault;
  } else if (S_ISLNK(entry.st_mode) && entry.st_uid != 0 && entry.st_uid != status.st_uid &&
             (status.st_mode & S_IROTH) == 0) {
    file.fault = "it is a link to a file of another user";
  } else {
    std::string text;
    const int error = read_up_to(fd.get(), max_bytes, text);
    if (error != 0) {
      file.fault = std::generic_category().message(error);
    } else if (text.size() > max_bytes) {
      file.fault = "it is larger than " + std::to_string(max_bytes) + " bytes";
    } else if (!may_have_nul && text.find('\0') != std::string::npos) {
      file.fault = "it is no text";
    } else {
      file.text = std::move(text);
    }
  }
  return file;
}

bool is_reachable_by_others(const std::string& path) {
  for (std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    struct stat status {};
    if (::stat(path.substr(0, slash).c_str(), &status) != 0) return false;
    if ((status.st_mode & S_IXOTH) == 0) return false;
  }
  return true;
}

HostFolder list_host_folder(const std::string& path) {
  HostFolder folder;
  const std::unique_ptr<DIR, CFree<&::closedir>> dir(::opendir(path.c_str()));
  if (!dir) {
    folder.is_denied = errno == EACCES || errno == EPERM;
    folder.is_there = folder.is_denied;
    return folder;
  }
  folder.is_there = true;
  while (const dirent* const entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") folder.names.push_back(name);
  }
  std::sort(folder.names.begin(), folder.names.end());
  return folder;
}

std::vector<HostUser> users_of(std::string_view passwd) {
  constexpr uid_t first_user = 1000;  // Debian's and Red Hat's FIRST_UID
  constexpr uid_t nobody = 65534;
  std::vector<HostUser> users;
  for (const TextLine& line : lines_of(passwd)) {
    std::vector<std::string_view> fields;
    std::string_view rest = line.text;
    for (std::size_t colon = 0; fields.size() < 7; rest.remove_prefix(colon + 1)) {
      colon = rest.find(':');
      fields.push_back(rest.substr(0, colon));
      if (colon == std::string_view::npos) break;
    }
    if (fields.size() != 7 || fields[5].substr(0, 1) != "/") continue;
    uid_t uid = 0;
    const auto [end, fault] =
        std::from_chars(fields[2].data(), fields[2].data() + fields[2].size(), uid);
    if (fault != std::errc() || end != fields[2].data() + fields[2].size()) continue;
    if (uid != 0 && (uid < first_user || uid == nobody)) continue;
    users.push_back({std::string(fields[0]), std::string(fields[5]), uid});
  }
  return users;
}

}  // namespace envlock
