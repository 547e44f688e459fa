#pragma once

#include <atomic>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/guarded.hpp"
#include "verify/check_context.hpp"
#include "verify/prefix_walk.hpp"

namespace envlock {

/// Holds what is found at the paths of packages against what must be there. Any thread, until
/// `finish`.
class TrackedFiles {
 public:
  /// @param context  must outlive this
  explicit TrackedFiles(CheckContext& context);

  /// The paths whose files are so large that they should be begun first, largest first.
  [[nodiscard]] std::vector<std::string> large_files() const;

  /// Looks at the path of `file`, unless that was done before.
  /// @param opened  where it is a regular file now
  void check(const ExpectedFile& file, const WalkEntry& entry, const OpenedEntry* opened);

  /// What must be a file or a link is a folder.
  void is_folder(const ExpectedFile& file);
  /// Where a folder of packages must be is something else: everything below it is out of sight.
  void folder_replaced(const WalkEntry& entry);
  /// An expected folder is there.
  void has_folder(const ExpectedFile& file) { seen(file) = true; }

  /// Nothing below this path can be seen, which a finding says already: what is expected there is
  /// not missing for that.
  void block(std::string_view path) { blocked_.lock()->emplace(path); }

  /// Says what is missing: single files, or whole packages. Call once, after the walk.
  void finish();

 private:
  [[nodiscard]] std::atomic<bool>& seen(const ExpectedFile& file) {
    return seen_[context_.tree.index_of(file)];
  }
  Finding finding(std::string_view rule, const ExpectedFile& file) const;
  void check_link(const ExpectedFile& file, const WalkEntry& entry);
  void check_content(const ExpectedFile& file, const WalkEntry& entry, const OpenedEntry& opened);
  /// Whether a file has its placeholder still: its pack was extracted and not unpacked.
  bool is_as_packaged(const ExpectedFile& file, const WalkEntry& entry, const OpenedEntry& opened);
  /// Whether a file that is wrong here is right for the path that the prefix was made for.
  bool is_right_at_old_place(const ExpectedFile& file, const WalkEntry& entry,
                             const OpenedEntry& opened);
  void unreadable(const ExpectedFile& file, int error_number, std::string message);
  void wrong_type(const ExpectedFile& file, std::string found);
  void raced(const ExpectedFile& file);

  CheckContext& context_;
  std::vector<std::atomic<bool>> seen_;
  Guarded<std::set<std::string, std::less<>>> blocked_;
  std::atomic<std::size_t> likely_prefix_ = 0;  ///< Into CheckContext::prefixes.
};

/// "a folder", "a symbolic link", "a FIFO", ... of a mode.
std::string_view file_kind(mode_t mode) noexcept;

/// The text of a link that lies in an open folder. @return nothing where it cannot be read
std::optional<std::string> link_text(int folder_fd, const char* name);

}  // namespace envlock
