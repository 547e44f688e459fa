#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/guarded.hpp"
#include "model/open_beneath.hpp"
#include "verify/expected_tree.hpp"
#include "verify/finding.hpp"

namespace envlock {

/// The path that a prefix was made for, where it is none of `prefixes`: read from a file that names
/// it, and believed only where that file is then exactly its package's. The installer's own come
/// first (bin/activate), then packages' smallest.
/// @return nothing where the prefix lies where it must, or no such file is right for any path
std::optional<std::string> place_made_for(int prefix_fd, const ExpectedTree& tree,
                                          const std::vector<std::string>& prefixes,
                                          BeneathMethod method);

/// Whether an installed file is the same at both paths: where nothing but its first line names one,
/// and that is written so that it does not have to.
bool is_same_at(const PlaceholderUse& use, std::string_view one, std::string_view other);

/// Gathers what is only a consequence of the prefix having been moved, or of having been extracted
/// from its pack and not unpacked yet. Any thread, until `finish`.
class MovedFiles {
 public:
  /// Nothing: the prefix lies where it was made for.
  void set_made_for(std::optional<std::string> place) { made_for_ = std::move(place); }
  [[nodiscard]] const std::optional<std::string>& made_for() const noexcept { return made_for_; }

  /// A file names the place where the prefix lies: not all of it was moved.
  void add_at_home() { ++at_home_; }
  /// @param finding  what would be told of a file that is right for the old place and for no other
  void add_right_there(Finding finding) { there_.lock()->push_back(std::move(finding)); }

  /// A file names the prefix that it lies in, or would name it if it were as packaged.
  void add_unpacked() { ++unpacked_; }
  /// @param finding  what would be told of a file that is as its package has it, with a placeholder
  ///                 for the prefix
  void add_as_packaged(Finding finding) { as_packaged_.lock()->push_back(std::move(finding)); }

  /// The finding that the prefix was moved, or is not unpacked yet. Files that are right for the
  /// old place are counted in it where no file names the new one; else somebody changed some of
  /// them, and each is told. So it is with files as packaged.
  /// @param lies_at     absolute
  /// @param has_manifest  it was unpacked, so that `envlock relocate` works
  std::vector<Finding> finish(const std::string& lies_at, bool has_manifest);

 private:
  std::vector<Finding> finish_moved(const std::string& lies_at, bool has_manifest);
  std::vector<Finding> finish_packaged(const std::string& lies_at, bool has_manifest);

  std::optional<std::string> made_for_;
  std::atomic<std::uint64_t> unpacked_ = 0;
  Guarded<std::vector<Finding>> as_packaged_;
  std::atomic<std::uint64_t> at_home_ = 0;
  Guarded<std::vector<Finding>> there_;
};

}  // namespace envlock
