#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/guarded.hpp"
#include "verify/check_context.hpp"
#include "verify/evidence.hpp"

namespace envlock {

/// True where a group has no member but its owner: then its rights are the owner's. Debian's user
/// private groups are such.
using PrivateGroupTest = std::function<bool(uid_t owner, gid_t group)>;
/// By the system's user and group lists: the group has the name of the user and lists nobody.
bool is_private_group(uid_t owner, gid_t group);

/// Who may change a prefix: modes, owners, special bits, capabilities, access lists. Any thread,
/// until `finish`.
class PermissionCheck {
 public:
  /// @param prefix  its owner is whose files are, or root's; its mode says who may read them
  PermissionCheck(CheckContext& context, const struct stat& prefix, PrivateGroupTest is_private);

  /// @param path        "" for the prefix itself
  /// @param fd          of an opened file or folder; negative: extended attributes are not looked
  /// at
  /// @param executable  what a package's file is; nothing: not known, or nobody's
  /// @param is_packaged  a package's file or folder: whoever may enter the prefix must be able to
  ///                     read it
  void look_at(const std::string& path, const struct stat& facts, int fd,
               std::optional<bool> executable, bool is_packaged);

  /// The folders above a prefix: who could exchange it as a whole. A folder with the sticky bit
  /// lets others add, but not exchange.
  /// @param prefix  absolute; links in it are followed, and the folders that hold them count
  void look_above(const std::string& prefix);

  /// Hands on what was collected: of many things below one folder with the same fault there is one
  /// finding, about the folder. Call once, after the walk.
  void finish();

 private:
  /// A folder with a fault, and what is below it with the same.
  struct Unit {
    std::string expected, found;
    std::vector<std::string> attributes;  ///< Names of extended ones, of the path itself.
    std::uint64_t below = 0;
    bool lost_execute = false;    ///< Of a changed mode: it should be executable, and is not.
    std::set<std::string> first;  ///< The first paths below, by name: `most_named`.
    Evidence evidence;
  };
  static constexpr std::size_t most_named = 10;
  using Key = std::pair<std::string_view, std::string>;  ///< Rule and path.

  void fault(std::string_view rule, const std::string& path, std::string expected,
             std::string found, std::vector<std::string> attributes = {},
             bool lost_execute = false);
  /// The next step, where it depends on what was found: outside texts go beside the template.
  void advise_on(Finding& finding, const Key& key, const Unit& unit) const;
  void look_at_attributes(const std::string& path, int fd);
  /// What the mode should be, all that is wrong with it considered: each finding about it says
  /// this.
  [[nodiscard]] mode_t right_mode(const struct stat& facts, std::optional<bool> executable,
                                  mode_t wanted) const;
  /// The bits that those who may enter the prefix need of a package's file or folder.
  [[nodiscard]] mode_t wanted_bits(mode_t mode, std::optional<bool> executable) const;
  [[nodiscard]] bool is_trusted(uid_t uid) const { return uid == 0 || uid == owner_; }
  [[nodiscard]] bool is_group_writable(const struct stat& facts) const;
  [[nodiscard]] bool is_stranger(const struct stat& facts) const;
  [[nodiscard]] std::string above_fault(const struct stat& facts) const;

  CheckContext& context_;
  uid_t owner_;
  mode_t readers_;      ///< Which of the read bits of group and others all must have.
  uid_t overflow_uid_;  ///< Whom the kernel shows for users that this user namespace has not.
  PrivateGroupTest is_private_;
  mutable Guarded<std::map<std::pair<uid_t, gid_t>, bool>> groups_;
  Guarded<std::map<Key, Unit>> units_;
};

/// "0755", "04755"
std::string mode_text(mode_t mode);

}  // namespace envlock
