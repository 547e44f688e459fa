#pragma once

#include <filesystem>
#include <string>

namespace envlock {

/// Where the cache may lie, as the command line and the environment say; empty: not given.
struct CacheLocation {
  std::string explicit_dir;    ///< `--cache-dir`, else $ENVLOCK_CACHE_DIR.
  std::string xdg_cache_home;  ///< $XDG_CACHE_HOME; ignored where relative, as its standard says.
  std::string home;            ///< $HOME
};

/// Design section 5's order: the explicit folder, else XDG_CACHE_HOME/envlock, else
/// HOME/.cache/envlock. @throws UsageError where none is given
std::filesystem::path cache_dir(const CacheLocation& location);

/// The private cache folder. Its rules (design section 5): symbolic links on the way are resolved
/// once; each real component belongs to this user or root and is not writable by others (a sticky
/// folder of root's aside); what is missing is made with mode 0700. Many processes may use it at
/// once, and any may be killed at any point: files appear by rename only, and locks only save
/// double work.
class Cache {
 public:
  enum class Missing {
    make,
    leave,  ///< For who only looks: then the folder may be missing, and is empty.
  };

  /// Checks and makes the folder. @throws TrustError (6) naming the component, its owner or mode
  /// and what the user can do about it; IoError (7) where it cannot be made
  explicit Cache(const std::filesystem::path& dir, Missing missing = Missing::make);

  /// The real folder, without symbolic links.
  [[nodiscard]] const std::filesystem::path& dir() const noexcept { return dir_; }
  /// A folder inside, made with mode 0700 where it is missing. @throws IoError
  [[nodiscard]] std::filesystem::path folder(const std::string& name) const;

 private:
  std::filesystem::path dir_;
};

/// The check alone, for a folder that exists and is only read (`--read-cache`, which the hints
/// name): it may be root's, too.
/// @return the real path
/// @throws TrustError, IoError as above
std::filesystem::path require_private_path(const std::filesystem::path& existing_dir);

}  // namespace envlock
