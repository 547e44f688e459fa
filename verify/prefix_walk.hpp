#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "model/open_beneath.hpp"
#include "model/unique_fd.hpp"

namespace envlock {

/// What the walk met. Valid during the call.
struct WalkEntry {
  const std::string& path;     ///< In the prefix.
  int folder_fd;               ///< Of the folder that it lies in.
  const char* name;            ///< In that folder.
  const struct stat& facts;    ///< Of itself: a link is not followed.
  std::span<std::byte> space;  ///< This thread's, for reading files.
};

/// Who is told of each thing in a prefix. Calls come from several threads at once, except that a
/// folder's own call ends before anything in it is told.
class WalkVisitor {
 public:
  WalkVisitor() = default;
  virtual ~WalkVisitor() = default;
  WalkVisitor(const WalkVisitor&) = delete;
  WalkVisitor& operator=(const WalkVisitor&) = delete;

  /// @param path  "" for the prefix itself
  /// @return false: what is in it is left out
  virtual bool folder(const std::string& path, int fd, const struct stat& facts) = 0;
  virtual void entry(const WalkEntry& entry) = 0;
  /// One of the paths that were asked for first; `entry` is called for it as well.
  virtual void early_entry(const WalkEntry& entry) = 0;
  /// A folder that cannot be opened or read, or a path that is too long to be reached.
  virtual void unreadable(const std::string& path, int error_number) = 0;
};

struct WalkOptions {
  std::size_t threads = 1;
  std::stop_token stop = {};
  BeneathMethod method = BeneathMethod::automatic;
  /// Paths whose reading takes long, longest first: begun before anything else, so that no thread
  /// is left alone with the largest file at the end.
  std::vector<std::string> first = {};
};

/// Walks all that lies below `root_fd`, never following a link: folders are listed in a row of
/// their own, not by recursion, and each is opened beneath the root when its turn comes, so that a
/// thread has two descriptors of folders open at most (V02). Order is not defined.
/// @throws Interrupted, IoError (the root cannot be read); what a visitor throws ends the walk
void walk_prefix(int root_fd, const WalkOptions& options, WalkVisitor& visitor);

/// A file opened for reading, without following a link and without waiting for anybody.
struct OpenedEntry {
  UniqueFd fd;  ///< Of a regular file; none otherwise.
  struct stat facts {};
  int error_number = 0;  ///< Why it could not be opened.
  /// It is no regular file any more: something else was put in its place (V01).
  bool replaced = false;
};
OpenedEntry open_entry(int folder_fd, const char* name);

}  // namespace envlock
