#include "pack/prefix_stage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "model/error.hpp"
#include "pack/prefix_lock.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

/// A rename is on the disk when the folder above is. One that cannot be read cannot be synced.
void sync_folder_of(const std::string& prefix) {
  const fs::path above = fs::path(prefix).parent_path();
  const UniqueFd fd(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd && ::fsync(fd.get()) != 0 && errno != EINVAL)
    throw IoError("cannot write '" + above.string() + "'", errno);
}

}  // namespace

std::string stage_path(const std::string& prefix) {
  const fs::path path(prefix);
  return (path.parent_path() / ("." + path.filename().string() + ".envlock-partial")).string();
}

PrefixStage::PrefixStage(std::string path) : path_(std::move(path)) {
  do {
    make();
    lock_folder(fd_, path_);
    // Its last owner may have made a prefix of it before this one had the lock.
  } while (!is_still_there());
  empty_folder(fd_, path_);
}

PrefixStage::~PrefixStage() {
  if (done_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

bool PrefixStage::become(const std::string& prefix) {
  if (::rename(path_.c_str(), prefix.c_str()) == 0) {
    done_ = true;
    sync_folder_of(prefix);
    return true;
  }
  if (errno == EBUSY || errno == EXDEV) return false;
  if (errno == ENOTEMPTY || errno == EEXIST) {
    throw Error(ExitCode::unfit, "'" + prefix + "' got files while the environment was made",
                "look what is in it, and install again");
  }
  throw IoError("cannot make '" + prefix + "'", errno);
}

void PrefixStage::make() {
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST)
    throw IoError("cannot make '" + path_ + "'", errno);
  fd_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts {};
  if (!fd_ || ::fstat(fd_.get(), &facts) != 0)
    throw IoError("cannot open the folder '" + path_ + "'", errno);
  // In a folder like /tmp somebody else may have been here first.
  if (facts.st_uid != ::geteuid() || (facts.st_mode & 0022U) != 0) {
    throw TrustError("'" + path_ + "' belongs to another user, or others can write it",
                     "remove it, or install below a folder that is yours alone");
  }
}

bool PrefixStage::is_still_there() const {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd_.get(), &opened) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace envlock
