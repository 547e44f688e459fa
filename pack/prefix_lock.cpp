#include "pack/prefix_lock.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "model/error.hpp"
#include "model/shell_word.hpp"

namespace envlock {
namespace {

/// The name of a user, or the number where it has none.
std::string user_name(uid_t uid) {
  constexpr std::size_t most_bytes = std::size_t{1} << 20U;
  passwd entry{};
  passwd* found = nullptr;
  for (std::vector<char> space(1024); space.size() <= most_bytes; space.resize(space.size() * 2)) {
    const int error = ::getpwuid_r(uid, &entry, space.data(), space.size(), &found);
    if (error == ERANGE || error == EINTR) continue;
    if (error == 0 && found != nullptr) return found->pw_name;
    break;
  }
  return "user " + std::to_string(uid);
}

using PrivateGroup = std::function<bool(uid_t owner, gid_t group)>;

bool others_write(const struct stat& facts, const PrivateGroup& is_private_group) {
  if ((facts.st_mode & S_IWOTH) != 0) return true;
  if ((facts.st_mode & S_IWGRP) == 0) return false;
  return !is_private_group || !is_private_group(facts.st_uid, facts.st_gid);
}

void require_own(const struct stat& facts, const std::string& shown,
                 const PrivateGroup& is_private_group) {
  const uid_t me = ::geteuid();
  if (facts.st_uid != me) {
    const std::string owner = user_name(facts.st_uid);
    throw TrustError("'" + shown + "' belongs to " + owner + ", and you are " + user_name(me) +
                         ": only its owner changes a prefix",
                     "let " + owner + " run the command, or make a prefix of your own elsewhere");
  }
  if (others_write(facts, is_private_group))
    throw TrustError("others can write '" + shown + "', so that nothing in it can be relied on",
                     "take that right away, and look what 'envlock verify' says: chmod go-w " +
                         shell_word(shown));
}

}  // namespace

void lock_folder(const UniqueFd& folder, const std::string& shown) {
  while (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return;
    throw Error(ExitCode::unfit, "another envlock is working in '" + shown + "'",
                "wait until it has ended");
  }
}

void require_own_folder(const UniqueFd& folder, const std::string& shown,
                        const PrivateGroup& is_private_group) {
  struct stat facts {};
  if (::fstat(folder.get(), &facts) != 0) throw IoError("cannot look at '" + shown + "'", errno);
  require_own(facts, shown, is_private_group);
}

void require_writable_place(const std::string& prefix) {
  namespace fs = std::filesystem;
  struct stat facts {};
  if (::lstat(prefix.c_str(), &facts) == 0) {
    if (!S_ISDIR(facts.st_mode)) return;  // who installs says that
    std::error_code error;
    const bool is_empty = fs::is_empty(prefix, error);
    if (error || !is_empty) require_own(facts, prefix, {});
  }
  // A new prefix is made beside its place, and an existing one from inside.
  fs::path at = prefix;
  while (::stat(at.c_str(), &facts) != 0) {
    if (errno != ENOENT || at == at.parent_path()) return;  // who makes it says why it cannot be
    at = at.parent_path();
  }
  if (!S_ISDIR(facts.st_mode)) return;
  if (::faccessat(AT_FDCWD, at.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
  const int error_number = errno;
  const std::string what = at == fs::path(prefix)
                               ? "cannot write into '" + prefix + "'"
                               : "cannot make '" + prefix + "' in '" + at.string() + "'";
  if (error_number != EACCES) throw IoError(what, error_number);
  throw IoError(what + ", which belongs to " + user_name(facts.st_uid),
                "name a prefix below a folder that you may write, or let " +
                    user_name(facts.st_uid) + " run the command");
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
