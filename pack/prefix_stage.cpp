#include "pack/prefix_stage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.hpp"
#include "pack/prefix_file.hpp"
#include "pack/prefix_lock.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

bool is_mount_point(const fs::path& folder) {
  struct statx facts {};
  const bool known = ::statx(AT_FDCWD, folder.c_str(), 0, STATX_TYPE, &facts) == 0 &&
                     (facts.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;  // since Linux 5.8
  if (known) return (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  struct stat inside {};
  struct stat above {};
  return ::stat(folder.c_str(), &inside) == 0 &&
         ::stat(folder.parent_path().c_str(), &above) == 0 && inside.st_dev != above.st_dev;
}

constexpr std::string_view inner_name = ".envlock-partial";
/// Holds the names that `move_up` moves, a line each.
constexpr std::string_view moving_name = ".moving";
constexpr std::string_view fresh_file_system = "lost+found";

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  try {
    for (const auto& entry : fs::directory_iterator(folder))
      names.push_back(entry.path().filename().string());
  } catch (const fs::filesystem_error& error) {
    throw IoError("cannot read the folder '" + folder + "'", error.code().value());
  }
  // An environment is one when it has its conda-meta.
  std::ranges::sort(names, {}, [](const std::string& name) {
    return std::pair(name == "conda-meta", std::string_view(name));
  });
  return names;
}

/// What `stage_path` or `inner_stage_path` was made of: the name that the user knows.
std::string prefix_of(const std::string& stage) {
  const fs::path path(stage);
  const std::string name = path.filename().string();
  if (name == inner_name) return path.parent_path().string();
  if (!name.starts_with('.') || !name.ends_with(inner_name)) return stage;
  return (path.parent_path() / name.substr(1, name.size() - 1 - inner_name.size())).string();
}

}  // namespace

void sync_folder_above(const std::string& path) {
  const fs::path above = fs::path(path).parent_path();
  const UniqueFd fd(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd && ::fsync(fd.get()) != 0 && errno != EINVAL)
    throw IoError("cannot write '" + above.string() + "'", errno);
}

std::string inner_stage_path(const std::string& prefix) {
  return prefix + '/' + std::string(inner_name);
}

bool must_be_made_inside(const std::string& prefix) {
  std::error_code error;
  const fs::path path(prefix);
  return fs::is_directory(path, error) &&
         (is_mount_point(path) || ::access(path.parent_path().c_str(), W_OK | X_OK) != 0);
}

bool is_empty_folder(const std::string& path) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().filename() != fresh_file_system) return false;
  }
  return !error;
}

std::string stage_path(const std::string& prefix) {
  const fs::path path(prefix);
  return (path.parent_path() / ("." + path.filename().string() + std::string(inner_name))).string();
}

PrefixStage::PrefixStage(std::string path) : path_(std::move(path)) {
  do {
    make();
    lock_folder(fd_, prefix_of(path_));
    // Its last owner may have made a prefix of it before this one had the lock.
  } while (!is_still_there());
  if (fs::path(path_).filename() != inner_name) empty_folder(fd_, path_);
}

PrefixStage::~PrefixStage() {
  if (done_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

bool PrefixStage::become(const std::string& prefix) {
  if (::rename(path_.c_str(), prefix.c_str()) == 0) {
    done_ = true;
    sync_folder_above(prefix);
    return true;
  }
  if (errno == EBUSY || errno == EXDEV) return false;
  if (errno == ENOTEMPTY || errno == EEXIST) {
    throw Error(ExitCode::unfit, "'" + prefix + "' got files while the environment was made",
                "look what is in it, and install again");
  }
  throw IoError("cannot make '" + prefix + "'", errno);
}

void PrefixStage::take_back(const UniqueFd& prefix, const std::string& shown) {
  require_own_folder(prefix, shown);
  const std::string moved =
      '\n' + read_prefix_file(fd_.get(), std::string(moving_name), path_).value_or("");
  std::error_code error;
  if (fs::exists(fs::symlink_status(shown + "/conda-meta", error))) {
    // conda-meta moves last: that run had ended, and all in the folder is somebody's by now.
    if (moved.size() > 1) remove_tree(path_);
    done_ = true;
    throw Error(ExitCode::unfit, "'" + shown + "' is an environment already",
                "name another folder");
  }
  std::vector<std::string> left;
  for (const std::string& name : names_in(shown)) {
    if (name == inner_name || name == fresh_file_system) continue;
    if (moved.find('\n' + name + '\n') == std::string::npos) {
      done_ = true;  // the list of what was moved is needed again
      throw Error(ExitCode::unfit, "'" + shown + "' is there, and not empty: '" + name + "'",
                  "name another folder; what is in this one stays as it is");
    }
    left.push_back(name);
  }
  for (const std::string& name : left) remove_tree(shown + '/' + name);
  empty_folder(fd_, path_);
}

void PrefixStage::move_up(const UniqueFd& prefix, const std::string& shown) {
  const std::vector<std::string> names = names_in(path_);
  std::string text;
  for (const std::string& name : names) text += name + '\n';
  replace_prefix_file(fd_.get(), std::string(moving_name), text, path_);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* const name = names[i].c_str();
    if (::renameat2(fd_.get(), name, prefix.get(), name, RENAME_NOREPLACE) == 0) continue;
    const int error = errno;
    for (std::size_t back = 0; back < i; ++back)
      (void)::renameat(prefix.get(), names[back].c_str(), fd_.get(), names[back].c_str());
    throw IoError("cannot make '" + shown + '/' + names[i] + "'", error);
  }
  done_ = true;
  sync_folder_above(shown + "/.");
  remove_tree(path_);
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
