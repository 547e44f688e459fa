#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "verify/diff/change.hpp"
#include "verify/diff/dependency_view.hpp"
#include "verify/diff/question.hpp"

namespace envlock {

/// Why packages of one platform moved, from the two states alone: nothing is solved again.
///
/// A package was forced to move where, as it was, it would not meet a request, dependency or
/// constraint of now, or where one of its own dependencies would not be met now. Whoever says that
/// may have been forced itself; followed to its end, this leads to a line that the user changed or
/// to a package that moved by itself.
class Reasons {
 public:
  /// @param before, after  must outlive this; locks of envlock also have requests
  Reasons(const DiffPlatform& before, const DiffPlatform& after, const Lockfile* before_lock,
          const Lockfile* after_lock, const Platform& platform);

  /// Fills in `why` and `cause` of a package's change.
  void explain(Change& change) const;

 private:
  /// A package that changed, and who pushed it.
  struct Moved {
    std::vector<std::string> why;           ///< A sentence each; the first few.
    std::vector<std::string_view> pushers;  ///< Packages, changed or not.
    std::string user;                       ///< What the user did; empty: nothing.
    std::string cause;
  };

  void find_pushes(std::string_view name, Moved& moved) const;
  void find_causes(const std::vector<std::string_view>& names);
  /// From all of `waiting`, which have their cause, to those that have none yet.
  void spread_causes(std::vector<std::size_t> waiting,
                     const std::vector<std::vector<std::size_t>>& pushed_by);
  /// Whether a package without a cause needs none that has none either.
  [[nodiscard]] bool leads(std::string_view name) const;
  void push_added(std::size_t now, Moved& moved) const;
  void push_moved(std::size_t was, std::size_t now, Moved& moved) const;
  void push_removed(std::size_t was, Moved& moved) const;
  [[nodiscard]] std::string request_change(std::string_view name) const;
  [[nodiscard]] std::string chain_to(const DependencyView& view, const Requests& requests,
                                     std::string_view name) const;
  [[nodiscard]] bool has_changed(std::string_view name) const { return moved_at_.contains(name); }

  DependencyView before_, after_;
  Requests asked_before_, asked_after_;
  bool knows_requests_ = false;
  std::vector<Moved> moved_;                                    ///< Sorted by name.
  std::unordered_map<std::string_view, std::size_t> moved_at_;  ///< Of `moved_`.
};

}  // namespace envlock
