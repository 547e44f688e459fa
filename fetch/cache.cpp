#include "fetch/cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <system_error>
#include <vector>

#include "model/error.hpp"

namespace envlock {

namespace fs = std::filesystem;

namespace {

constexpr const char* cache_option = "--cache-dir";
constexpr const char* read_cache_option = "--read-cache";

std::string name_another(const char* option) {
  return std::string("name another folder with ") + option;
}

/// A cache of root's is not written by others, but may serve them.
std::string read_it_instead(const fs::path& cache) {
  return std::string("; to take packages from this one, add ") + read_cache_option + " '" +
         cache.string() + "'";
}

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777U));
  return text.data();
}

/// What a component of a path is.
enum class Role {
  on_the_way,    ///< The user's or root's; root's may be sticky, as /tmp is.
  own_cache,     ///< The user's.
  shared_cache,  ///< The user's or root's, and nobody else makes files in it.
};

/// @param option  the one that names the folder
void require_trusted(const fs::path& component, Role role, const char* option) {
  struct stat status {};
  if (::lstat(component.c_str(), &status) != 0)
    throw IoError("cannot look at '" + component.string() + "'", errno);
  if (!S_ISDIR(status.st_mode))
    throw IoError("'" + component.string() + "' is not a folder",
                  "remove it, or " + name_another(option));
  const uid_t user = ::geteuid();
  const bool own = role == Role::own_cache;
  // Who may not change it is not told to.
  const bool may_change = user == 0 || status.st_uid == user;
  if (status.st_uid != user && (status.st_uid != 0 || own))
    throw TrustError("the cache cannot be trusted: '" + component.string() + "' belongs to user " +
                         std::to_string(status.st_uid) + ", not to you (" + std::to_string(user) +
                         ")" + (own ? "" : " or root"),
                     user == 0
                         ? "type: chown 0 '" + component.string() + "', or " + name_another(option)
                         : name_another(option) + (own && status.st_uid == 0
                                                       ? read_it_instead(component)
                                                       : std::string(", or ask its owner")));
  const bool others_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky_of_root = status.st_uid == 0 && (status.st_mode & S_ISVTX) != 0;
  if (!others_write || (sticky_of_root && role == Role::on_the_way)) return;
  // A folder such as /tmp is meant to be everybody's: the system breaks where it is not.
  throw TrustError(
      "the cache cannot be trusted: others may write in '" + component.string() + "' (mode " +
          octal(status.st_mode) + ")",
      (sticky_of_root || !may_change ? "" : "type: chmod go-w '" + component.string() + "', or ") +
          name_another(option));
}

/// Each component of a path without symbolic links, from the root on.
/// @param last  what the last of them is
void require_trusted_path(const fs::path& real, Role last, const char* option) {
  fs::path so_far;
  for (auto part = real.begin(); part != real.end(); ++part) {
    so_far /= *part;
    require_trusted(so_far, std::next(part) == real.end() ? last : Role::on_the_way, option);
  }
}

fs::path real_path(const fs::path& dir, const char* option) {
  std::error_code error;
  fs::path real = fs::canonical(dir, error);
  if (error)
    throw IoError("cannot use the folder '" + dir.string() + "'", error.value(),
                  name_another(option));
  return real;
}

void make_folder(const fs::path& dir) {
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST)
    throw IoError("cannot make the folder '" + dir.string() + "'", errno,
                  name_another(cache_option));
}

}  // namespace

fs::path cache_dir(const CacheLocation& location) {
  if (!location.explicit_dir.empty()) return fs::absolute(location.explicit_dir).lexically_normal();
  if (location.xdg_cache_home.starts_with('/'))
    return fs::path(location.xdg_cache_home) / "envlock";
  if (location.home.starts_with('/')) return fs::path(location.home) / ".cache" / "envlock";
  throw UsageError("there is no folder for the cache: HOME is not set",
                   "name one with --cache-dir, or set ENVLOCK_CACHE_DIR");
}

fs::path require_private_path(const fs::path& existing_dir) {
  fs::path real = real_path(existing_dir, read_cache_option);
  require_trusted_path(real, Role::shared_cache, read_cache_option);
  return real;
}

Cache::Cache(const fs::path& dir, Missing if_missing) {
  // What exists is resolved and checked before anything is made below it.
  fs::path existing = fs::absolute(dir).lexically_normal();
  std::vector<fs::path> missing;
  std::error_code error;
  while (!fs::exists(existing, error) && !error && existing.has_relative_path()) {
    if (existing.has_filename()) missing.push_back(existing.filename());
    existing = existing.parent_path();
  }
  dir_ = real_path(existing, cache_option);
  require_trusted_path(dir_, missing.empty() ? Role::own_cache : Role::on_the_way, cache_option);
  for (auto name = missing.rbegin(); name != missing.rend(); ++name) {
    dir_ /= *name;
    if (if_missing == Missing::leave) continue;
    make_folder(dir_);
    require_trusted(dir_, std::next(name) == missing.rend() ? Role::own_cache : Role::on_the_way,
                    cache_option);
  }
}

fs::path Cache::folder(const std::string& name) const {
  fs::path path = dir_ / name;
  make_folder(path);
  require_trusted(path, Role::own_cache, cache_option);
  return path;
}

}  // namespace envlock
