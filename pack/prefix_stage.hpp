#pragma once

#include <string>

#include "model/unique_fd.hpp"

namespace envlock {

/// Where a prefix is made before it appears: ".NAME.envlock-partial" beside it.
std::string stage_path(const std::string& prefix);

/// The same for one that no rename can replace: ".envlock-partial" in it.
std::string inner_stage_path(const std::string& prefix);

/// Whether a prefix is a folder that stays the one it is: a mount point (a container's volume), or
/// one's own in a folder that one cannot write.
bool must_be_made_inside(const std::string& prefix);

/// Whether nothing is in a folder but the `lost+found` that a fresh file system has.
bool is_empty_folder(const std::string& path);

/// A rename is on the disk when the folder above is. One that cannot be read, or whose file system
/// has no such thing, cannot be synced. @throws IoError
void sync_folder_above(const std::string& path);

/// A folder that becomes a prefix by one rename, this process's alone until then. Removed where it
/// did not become it; what a killed run left in it is removed first.
class PrefixStage {
 public:
  /// @throws TrustError (6) where it is another user's, or others can write it; Error (8) where
  ///         another process is at work on it; IoError
  explicit PrefixStage(std::string path);
  ~PrefixStage();
  PrefixStage(const PrefixStage&) = delete;
  PrefixStage& operator=(const PrefixStage&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const UniqueFd& fd() const noexcept { return fd_; }

  /// @return false where `prefix` cannot be replaced because something is mounted there
  /// @throws Error (8) where the prefix got files meanwhile; IoError
  bool become(const std::string& prefix);

  /// Of an inner stage: removes what a killed `move_up` had moved already.
  /// @throws Error (8) where the prefix holds anything else, or is an environment already: then
  ///         nothing but the stage was removed, or not even that; TrustError (6) where the prefix
  ///         is another user's or others can write it; IoError
  void take_back(const UniqueFd& prefix, const std::string& shown);

  /// Of an inner stage: all that is in it becomes the prefix's, conda-meta last. A run that is
  /// killed before that left no environment, and the next one begins anew. @throws IoError, and
  /// then everything is in the stage again
  void move_up(const UniqueFd& prefix, const std::string& shown);

 private:
  void make();
  [[nodiscard]] bool is_still_there() const;

  std::string path_;
  UniqueFd fd_;
  bool done_ = false;
};

}  // namespace envlock
