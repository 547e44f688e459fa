#pragma once

#include <sys/stat.h>

#include <atomic>
#include <string>
#include <string_view>

#include "verify/check_context.hpp"
#include "verify/small_file.hpp"

namespace envlock {

/// What an `envlock install` leaves in a prefix when it is killed, or has there while it is at
/// work: new files beside the old ones, the journal by which they take their places, and what is
/// left to be done then. All of it is one finding, EL228, and nothing that nobody brought. May be
/// asked by several threads at once.
class UnfinishedInstall {
 public:
  /// @param prefix  of the prefix itself: only its owner's things are an install's
  UnfinishedInstall(CheckContext& context, int prefix_fd, const struct stat& prefix,
                    BeneathMethod method)
      : context_(context), prefix_fd_(prefix_fd), owner_(prefix.st_uid), method_(method) {}

  /// Whether what lies at `path` is an install's own: then it is nothing else, nor what is in it.
  [[nodiscard]] bool owns(std::string_view path, const struct stat& facts);
  /// The same of a folder that cannot be opened.
  [[nodiscard]] bool owns_closed(const std::string& path);
  /// That `pending_install_file` is there.
  void has_pending() noexcept { has_pending_ = true; }
  void finish();

 private:
  CheckContext& context_;
  int prefix_fd_;
  uid_t owner_;
  BeneathMethod method_;
  std::atomic<bool> has_stage_{false}, has_journal_{false}, has_pending_{false};
};

/// Whether a finding is of an install that was ended while files moved, or before.
bool is_interrupted_install(const Finding& finding) noexcept;

}  // namespace envlock
