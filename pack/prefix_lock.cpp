#include "pack/prefix_lock.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "model/error.hpp"

namespace envlock {

void lock_folder(const UniqueFd& folder, const std::string& shown) {
  while (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return;
    throw Error(ExitCode::unfit, "another envlock is working in '" + shown + "'",
                "wait until it has ended");
  }
}

void require_own_folder(const UniqueFd& folder, const std::string& shown) {
  struct stat facts {};
  if (::fstat(folder.get(), &facts) != 0) throw IoError("cannot look at '" + shown + "'", errno);
  if (facts.st_uid == ::geteuid() && (facts.st_mode & 0022U) == 0) return;
  throw TrustError(
      "'" + shown + "' belongs to another user, or others can write it",
      "change it as its owner; take rights of others away with: chmod go-w '" + shown + "'");
}

void remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) throw IoError("cannot remove '" + path + "'", error.value());
}

void empty_folder(const UniqueFd& folder, const std::string& shown) {
  std::error_code error;
  const std::string path = "/proc/self/fd/" + std::to_string(folder.get());
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
       at.increment(error))
    remove_tree(at->path().string());
  if (error) throw IoError("cannot empty '" + shown + "'", error.value());
}

}  // namespace envlock
