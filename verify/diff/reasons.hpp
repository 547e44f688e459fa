#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
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
  void explain(Change& change);

 private:
  struct Push {
    std::string name;  ///< Who pushed; empty: the user.
    std::string text;  ///< One sentence.
  };

  [[nodiscard]] const std::vector<Push>& pushes_on(std::string_view name);
  [[nodiscard]] std::vector<Push> find_pushes_on(std::string_view name) const;
  [[nodiscard]] std::vector<Push> pushes_on_added(std::size_t now) const;
  [[nodiscard]] std::vector<Push> pushes_on_moved(std::size_t was, std::size_t now) const;
  [[nodiscard]] std::vector<Push> pushes_on_removed(std::size_t was) const;
  [[nodiscard]] std::optional<std::string> request_change(std::string_view name) const;
  [[nodiscard]] std::string chain_to(const DependencyView& view, const Requests& requests,
                                     std::string_view name) const;
  [[nodiscard]] bool has_changed(std::string_view name) const;
  [[nodiscard]] std::string cause_of(std::string_view name);

  DependencyView before_, after_;
  Requests asked_before_, asked_after_;
  bool knows_requests_ = false;
  std::map<std::string, std::vector<Push>, std::less<>> pushes_;  ///< Found so far.
};

}  // namespace envlock
